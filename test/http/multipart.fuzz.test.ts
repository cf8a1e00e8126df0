import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '#core/files/errors.ts';
import { type MultipartForm, parseMultipart } from '#http/multipart.ts';
import { type ClientForm, clientForms, eventOf, fileBytes } from './multipart-bodies.ts';

const options = { fileField: 'file', fields: ['purpose', 'draftId'], maxFileBytes: 2000, maxFieldBytes: 100 };

/** `at` is a place, as a share of the body or of its boundaries; `size` and `bytes` are the mutation's own. */
interface Mutation {
  kind: keyof typeof mutations;
  at: number;
  size: number;
  bytes: Uint8Array;
}

type Mutate = (body: Buffer, mutation: Omit<Mutation, 'kind'>, boundary: string) => Buffer;

const place = (body: Buffer, at: number) => Math.floor(at * (body.length + 1));

const splice = (body: Buffer, from: number, to: number, ...added: (string | Uint8Array)[]) =>
  Buffer.concat([body.subarray(0, from), ...added.map((part) => Buffer.from(part)), body.subarray(to)]);

/** One of the places that matter: where a delimiter begins or ends, and where the headers of a part end. */
function seam(body: Buffer, boundary: string, at: number): number {
  const seams = [0, body.length];
  for (const mark of [`--${boundary}`, '\r\n\r\n', '; filename', 'name=', ':']) {
    for (let found = body.indexOf(mark); found !== -1; found = body.indexOf(mark, found + 1)) {
      seams.push(found, found + mark.length);
    }
  }
  return seams[Math.floor(at * seams.length)] ?? 0;
}

const insertPart = (headers: string): Mutate => {
  return (body, { at, bytes }, boundary) => {
    const delimiters = [...body.toString('latin1').matchAll(/--(?=\S)/g)].map((match) => match.index);
    const starts = delimiters.filter((start) => body.indexOf(`--${boundary}\r\n`, start) === start);
    const start = starts[Math.floor(at * starts.length)] ?? 0;
    return splice(body, start, start, `--${boundary}\r\n${headers}\r\n\r\n`, bytes, '\r\n');
  };
};

const disposition = (name: string) => `Content-Disposition: form-data; name="${name}"`;

const mutations = {
  cutAnywhere: (body, { at }) => body.subarray(0, place(body, at)),
  cutAtSeam: (body, { at, size }, boundary) => body.subarray(0, Math.max(0, seam(body, boundary, at) + (size % 9) - 4)),
  cutStart: (body, { at }) => body.subarray(place(body, at)),
  flip: (body, { at, size }) => splice(body, place(body, at), place(body, at) + 1, Buffer.of(size)),
  flipAtSeam: (body, { at, bytes }, boundary) =>
    splice(body, seam(body, boundary, at), seam(body, boundary, at) + 1, bytes.subarray(0, 1)),
  remove: (body, { at, size }) => splice(body, place(body, at), place(body, at) + size),
  removeAtSeam: (body, { at, size }, boundary) =>
    splice(body, seam(body, boundary, at), seam(body, boundary, at) + (size % 8)),
  insert: (body, { at, bytes }) => splice(body, place(body, at), place(body, at), bytes),
  insertAtSeam: (body, { at, bytes }, boundary) =>
    splice(body, seam(body, boundary, at), seam(body, boundary, at), bytes),
  repeatSlice: (body, { at, size }) => {
    const slice = body.subarray(place(body, at), place(body, at) + size * 4);
    return splice(body, place(body, at), place(body, at), slice, slice);
  },
  duplicatePart: (body, { at }, boundary) => {
    const start = body.indexOf(`--${boundary}\r\n`, place(body, at / 2));
    const end = body.indexOf(`--${boundary}`, start + 1);
    return start === -1 || end === -1 ? body : splice(body, start, start, body.subarray(start, end));
  },
  brackets: (body, mutation, boundary) =>
    insertPart(disposition('a'))(insertPart(disposition('a[]'))(body, mutation, boundary), mutation, boundary),
  purposeBrackets: insertPart(disposition('purpose[]')),
  proto: insertPart(disposition('__proto__')),
  nameless: insertPart('Content-Disposition: form-data'),
  namelessFile: insertPart('Content-Disposition: form-data; filename="x"'),
  headerless: insertPart(''),
  otherDisposition: insertPart('Content-Disposition: attachment; filename="x"'),
  emptyFile: insertPart(`${disposition('other')}; filename=""`),
  secondFile: insertPart(`${disposition('file')}; filename="x"`),
  oddCharset: insertPart(`${disposition('draftId')}\r\nContent-Type: text/plain; charset=utf-16le`),
  base64Part: insertPart(`${disposition('x')}\r\nContent-Transfer-Encoding: base64`),
  nested: insertPart(`${disposition('x')}\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n`),
  longHeader: insertPart(`${disposition('x')}\r\nX-Long: ${'y'.repeat(9000)}`),
  headerLines: insertPart(disposition('x') + '\r\nX-Line: y'.repeat(50)),
  headerGarbage: (body, { at, bytes }, boundary) =>
    splice(body, seam(body, boundary, at), seam(body, boundary, at), bytes, '\r\n', bytes),
  delimiter: (body, { at }, boundary) => splice(body, place(body, at), place(body, at), `\r\n--${boundary}\r\n`),
  closingDelimiter: (body, { at }, boundary) => splice(body, place(body, at), place(body, at), `\r\n--${boundary}--`),
  longerDelimiter: (body, { at, size }, boundary) =>
    splice(body, place(body, at), place(body, at), `\r\n--${boundary}${size % 2 ? 'x' : '--x'}\r\n`),
  padding: (body, { size }, boundary) =>
    Buffer.from(
      body
        .toString('latin1')
        .replaceAll(`--${boundary}`, `--${boundary}${' '.repeat(size % 9)}${size % 2 ? '\t' : ''}`),
      'latin1',
    ),
  secondName: (body, { at }, boundary) => {
    const seams = seam(body, boundary, at);
    const line = body.indexOf('\r\n', seams);
    return line === -1 ? body : splice(body, line, line, '; name="file"; filename="x"');
  },
  lfOnly: (body) => Buffer.from(body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  oneLf: (body, { at }) => {
    const found = body.indexOf('\r\n', place(body, at));
    return found === -1 ? body : splice(body, found, found + 1);
  },
  crOnly: (body, { at }) => {
    const found = body.indexOf('\r\n', place(body, at));
    return found === -1 ? body : splice(body, found + 1, found + 2);
  },
  manyParts: (body, { size }, boundary) =>
    splice(body, 0, 0, `--${boundary}\r\n${size % 2 ? disposition('x') : ''}\r\n\r\n\r\n`.repeat(size * 2)),
  largeFile: (body, { size }, boundary) => {
    const end = body.indexOf(fileBytes.subarray(-20)) + 20;
    return end < 20 ? body : splice(body, end, end, 'x'.repeat(size * 20), boundary);
  },
  twice: (body) => Buffer.concat([body, body]),
  empty: () => Buffer.alloc(0),
} satisfies Record<string, Mutate>;

/** What can be wrong around the body. Each returns the event and the boundary the parser will have to look for. */
const envelopes: ((
  form: ClientForm,
  body: Buffer,
  at: number,
) => [event: Parameters<typeof parseMultipart>[0], boundary: string])[] = [
  ({ contentType, boundary }, body) => [eventOf(contentType, body), boundary],
  ({ contentType, boundary }, body) => [eventOf(contentType, body), boundary],
  ({ boundary }, body) => [eventOf(`multipart/form-data;boundary="${boundary}"`, body), boundary],
  ({ boundary }, body, at) => {
    const part = boundary.slice(0, Math.floor(at * boundary.length));
    return [eventOf(`multipart/form-data; boundary="${part}"`, body), part];
  },
  ({ boundary }, body) => [eventOf(`multipart/form-data; boundary="${boundary}-"`, body), `${boundary}-`],
  ({ contentType }, body, at) => {
    const cut = contentType.slice(0, Math.floor(at * contentType.length));
    return [eventOf(cut, body), /boundary="?([^";]*)/i.exec(cut)?.[1] ?? ''];
  },
  ({ contentType, boundary }, body, at) => {
    const event = eventOf(contentType, body);
    return [{ ...event, headers: { ...event.headers, 'content-length': String(Math.floor(at * 9999)) } }, boundary];
  },
  ({ contentType, boundary }, body, at) => {
    const event = eventOf(contentType, body);
    const cut = Math.floor(at * event.body.length);
    return [{ ...event, body: `${event.body.slice(0, cut)}*${event.body.slice(cut + 1)}` }, boundary];
  },
  ({ contentType, boundary }, body, at) => {
    const event = eventOf(contentType, body);
    return [{ ...event, body: event.body.slice(0, Math.floor(at * event.body.length)) }, boundary];
  },
  ({ contentType, boundary }, body) => [
    { headers: { 'content-type': contentType }, body: body.toString('latin1') },
    boundary,
  ],
  ({ contentType, boundary }, body) => [
    { headers: { 'content-type': contentType }, body: body.toString('utf8') },
    boundary,
  ],
];

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom(...(Object.keys(mutations) as (keyof typeof mutations)[])),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  size: fc.nat(255),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc
      .constantFrom('\r\n', '\n', '\0', '-', '--', '"', '\\', ';', '%0d', 'filename*=', '\r\n\r\n', ':', ' ')
      .map((text) => Buffer.from(text)),
  ),
});

const mutant = fc.record({
  form: fc.constantFrom(...clientForms),
  mutations: fc.array(mutation, { maxLength: 4 }),
  envelope: fc.nat(envelopes.length - 1),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

const stray: unknown[] = [];
const note = (error: unknown) => void stray.push(error);
beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
afterAll(() => void process.off('unhandledRejection', note).off('uncaughtException', note));

/** Promptness in turns of the event loop, which do not depend on how busy the machine is. */
async function turns(count: number): Promise<'never settled'> {
  for (let turn = 0; turn < count; turn++) await new Promise((next) => setImmediate(next));
  return 'never settled';
}

/** A form is right when its file lies in the body as sent: after the headers of a part, up to the next delimiter. */
function expectWholeFile(form: MultipartForm, body: Buffer, boundary: string) {
  const framed = Buffer.concat([Buffer.from('\r\n\r\n'), form.file.bytes, Buffer.from(`\r\n--${boundary}`)]);
  expect(body.indexOf(framed)).not.toBe(-1);
  expect(form.file.bytes.length).toBeGreaterThan(0);
  expect(form.file.bytes.length).toBeLessThanOrEqual(options.maxFileBytes);
  expect(Buffer.from(form.file.bytes).includes(`\r\n--${boundary}`)).toBe(false);
  expect(form.file.fieldName).toBe('file');
  expect(options.fields).toEqual(expect.arrayContaining(Object.keys(form.fields)));
}

/** One seed on every run; `npm run test:fuzz` tries six. */
const seeds = Array.from({ length: Number(process.env.FUZZ_SEEDS ?? 1) }, (_, index) => 20261121 + index);

it.each(seeds)(
  'no body among 12,000 mutants crashes, hangs or is anything but a whole file or a refusal (seed %i)',
  async (seed) => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutant, async ({ form, mutations: list, envelope, at }) => {
        const mutated = list.reduce(
          (body, { kind, ...rest }) => (mutations[kind] as Mutate)(body, rest, form.boundary),
          form.body,
        );
        const [event, boundary] = envelopes[envelope]?.(form, mutated, at) ?? [eventOf('', mutated), ''];
        const outcome = await Promise.race([
          parseMultipart(event, options).catch((error: unknown) => error),
          turns(50),
        ]);
        await turns(3);
        expect(stray).toEqual([]);
        if (outcome instanceof AppError) {
          expect(['validation_failed', 'file_too_large']).toContain(outcome.code);
          expect(outcome.cause).toBeUndefined();
        } else {
          expect(outcome).toMatchObject({ file: { bytes: expect.any(Uint8Array) } });
          const sent = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
          expectWholeFile(outcome as MultipartForm, sent, boundary);
        }
        const label = outcome instanceof AppError ? outcome.message : 'a form';
        outcomes.set(label, (outcomes.get(label) ?? 0) + 1);
      }),
      { numRuns: 12_000, seed },
    );
    // The mutants must reach both sides of every guard, or the fuzz proves nothing.
    expect(outcomes.get('a form')).toBeGreaterThan(1000);
    expect(outcomes.size).toBeGreaterThan(15);
  },
);
