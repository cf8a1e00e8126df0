import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AppError } from '#core/files/errors.ts';
import { type MultipartForm, parseMultipart } from '#http/multipart.ts';
import { clientForms, eventOf, fileBytes, form } from './multipart-bodies.ts';

const options = { fileField: 'file', fields: ['purpose', 'draftId'], maxFileBytes: 4096, maxFieldBytes: 100 };
const type = 'multipart/form-data; boundary=b';
const text = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const fileHeader = `${text('file')}; filename="a.png"`;
const filePart: [string, string] = [fileHeader, 'bytes'];
const read = (body: Buffer, contentType = type) => parseMultipart(eventOf(contentType, body), options);
const contentOf = (parsed: MultipartForm) => Buffer.from(parsed.file.bytes).toString('latin1');

async function refused(parse: Promise<MultipartForm>): Promise<AppError> {
  const error = await parse.then(
    (parsed) => expect.unreachable(`accepted ${inspect(parsed)}`),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error;
}

describe('a form from a real client', () => {
  it.each(clientForms)('is read whole from $client', async ({ contentType, body, filename, declaredType }) => {
    const parsed = await read(body, contentType);
    expect(parsed.fields).toEqual({ purpose: 'preview', draftId: 'draft 1' });
    expect(parsed.file).toMatchObject({ fieldName: 'file', filename, declaredType });
    expect(Buffer.from(parsed.file.bytes).equals(fileBytes)).toBe(true);
  });

  it('is read whole when fetch sent it over a socket', async () => {
    let parsed: MultipartForm | undefined;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      parsed = await read(Buffer.concat(chunks), request.headers['content-type']);
      response.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    try {
      const data = new FormData();
      data.set('purpose', 'Größe\nzwei');
      data.set('file', new Blob([fileBytes], { type: 'image/png' }), 'rätsel "1".png');
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method: 'POST', body: data });
    } finally {
      server.close();
    }
    expect(parsed?.fields).toEqual({ purpose: 'Größe\r\nzwei' });
    expect(parsed?.file).toMatchObject({ filename: 'rätsel "1".png', declaredType: 'image/png' });
    expect(Buffer.from(parsed?.file.bytes ?? []).equals(fileBytes)).toBe(true);
  });

  it('may come as text when the gateway did not encode it', async () => {
    const body = form('b', [[fileHeader, 'Grüße']]).toString('utf8');
    const parsed = await parseMultipart({ headers: { 'Content-Type': type }, body }, options);
    expect(Buffer.from(parsed.file.bytes).toString('utf8')).toBe('Grüße');
  });
});

describe('what surrounds the file', () => {
  it('ignores text fields nobody asked for, whatever they are called', async () => {
    const odd = ['a', 'a[]', '__proto__', 'constructor', 'purpose[]', 'a[]'].map((name): [string, string] => [
      text(name),
      'x',
    ]);
    const parsed = await read(form('b', [...odd, filePart]));
    expect(parsed.fields).toEqual({});
    expect(contentOf(parsed)).toBe('bytes');
  });

  it('can keep even a field called __proto__ without touching a prototype', async () => {
    const body = form('b', [[text('__proto__'), 'x'], filePart]);
    const { fields } = await parseMultipart(eventOf(type, body), { ...options, fields: ['__proto__'] });
    expect(Object.entries(fields)).toEqual([['__proto__', 'x']]);
  });

  it('ignores the untouched file inputs of a browser', async () => {
    const untouched: [string, string] = [`${text('other')}; filename=""\r\nContent-Type: application/octet-stream`, ''];
    expect(contentOf(await read(form('b', [untouched, filePart])))).toBe('bytes');
  });

  it('cleans the file name and keeps the declared type as no more than a claim', async () => {
    const body = form('b', [[`${text('file')}; filename="../a\0\u202egnp.exe"\r\nContent-Type: nonsense`, 'bytes']]);
    expect((await read(body)).file).toMatchObject({ filename: 'agnp.exe', declaredType: 'application/octet-stream' });
  });

  it('reads a file name in Latin-1, as old clients send it', async () => {
    const headers = Buffer.from(`${text('file')}; filename="\xfc.png"`, 'latin1');
    const body = Buffer.concat([Buffer.from('--b\r\n'), headers, Buffer.from('\r\n\r\nbytes\r\n--b--')]);
    expect((await read(body)).file.filename).toBe('ü.png');
  });

  it.each([
    ['iso-8859-1', Buffer.from([0xe4]), 'ä'],
    ['windows-1252', Buffer.from([0x80]), '€'],
    ['UTF-16LE', Buffer.from('ä', 'utf16le'), 'ä'],
    ['shift_jis', Buffer.from([0x8c, 0xea]), '語'],
    ['utf8', Buffer.from('\ufeffä'), 'ä'],
  ])('reads a text field in the charset it names: %s', async (charset, bytes, value) => {
    const part: [string, Uint8Array] = [`${text('purpose')}\r\nContent-Type: text/plain; charset=${charset}`, bytes];
    expect((await read(form('b', [part, filePart]))).fields).toEqual({ purpose: value });
  });

  it.each([
    ['words of an unknown charset', '=?x-nobody?B?w7w=?=', '=?x-nobody?B?w7w=?='],
    ['words that their charset cannot decode', '=?utf-8?Q?=ff?=', '=?utf-8?Q?=ff?='],
    ['words amid other text', 'a =?utf-8?Q?b?=', 'a =?utf-8?Q?b?='],
    ['a path in words', '=?utf-8?Q?..=2F..=2Fa.png?=', 'a.png'],
    ['a NUL in words', '=?utf-8?Q?a=00.png?=', 'a.png'],
    ['a language', '=?utf-8*de?Q?=C3=BC.png?=', 'ü.png'],
  ])('reads a file name with %s', async (_, written, name) => {
    const body = form('b', [[`${text('file')}; filename="${written}"`, 'bytes']]);
    expect((await read(body)).file.filename).toBe(name);
  });

  it('may be anything but a delimiter before the first and after the last', async () => {
    const body = Buffer.concat([
      Buffer.from('preamble --b\r\nmore\r\n'),
      form('b', [filePart]),
      Buffer.from('epilogue --b\r\n'),
    ]);
    expect(contentOf(await read(body))).toBe('bytes');
  });

  it.each<[string, [string, string][]]>([
    ["before it, as FilePond sends a file's metadata", [[text('file'), '{}'], filePart]],
    ['behind it', [filePart, [text('file'), 'bytes']]],
    ['of any length', [[text('file'), JSON.stringify({ title: 'x'.repeat(500) })], filePart]],
    ['twice', [[text('file'), '{}'], [text('file'), '{}'], filePart]],
  ])('is read when a text of the same name stands beside it: %s', async (_title, parts) => {
    const parsed = await read(form('b', [[text('purpose'), 'x'], ...parts]));
    expect(contentOf(parsed)).toBe('bytes');
    expect(parsed.fields).toEqual({ purpose: 'x' });
  });

  it('is not mistaken for text by a type that says bytes', async () => {
    const part: [string, string] = [`${text('purpose')}\r\nContent-Type: application/octet-stream`, 'x'];
    expect((await read(form('b', [part, filePart]))).fields).toEqual({ purpose: 'x' });
  });
});

describe('a form is refused with what to do instead', () => {
  const cut = form('b', [filePart]);
  // biome-ignore format: one line a case
  const cases: [title: string, path: string, body: Buffer | [string, string | Uint8Array][], contentType?: string][] = [
    ['no file at all', 'file', [[text('purpose'), 'x']]],
    ['no part at all', 'file', Buffer.from('--b--\r\n')],
    ['no file chosen', 'file', [[`${text('file')}; filename=""`, '']]],
    ['an empty file', 'file', [[fileHeader, '']]],
    ['two files', 'file', [filePart, filePart]],
    ['a second file in another field', 'file', [filePart, [`${text('x')}; filename="y"`, 'z']]],
    ['the file in another field', 'file', [[`${text('image')}; filename="y"`, 'z']]],
    ['the file as text', 'file', [[text('file'), 'bytes']]],
    ['a field sent twice', 'purpose', [[text('purpose'), 'x'], [text('purpose'), 'x'], filePart]],
    ['a long field', 'purpose', [[text('purpose'), 'x'.repeat(101)], filePart]],
    ['a long field nobody asked for', 'other', [[text('other'), 'x'.repeat(101)], filePart]],
    ['a field that is not UTF-8', 'purpose', [[text('purpose'), Buffer.from([0xff])], filePart]],
    ['a field in a charset nobody knows', 'purpose', [[`${text('purpose')}\r\nContent-Type: text/plain; charset=base64`, 'x'], filePart]],
    ['a field with a NUL', 'purpose', [[text('purpose'), 'a\0b'], filePart]],
    ['a part without a name', 'body', [['Content-Disposition: form-data', 'x'], filePart]],
    ['a file without a name', 'body', [['Content-Disposition: form-data; filename="x"', 'x']]],
    ['an empty name', 'body', [[text(''), 'x'], filePart]],
    ['a control character in a name', 'body', [[text('a\0'), 'x'], filePart]],
    ['an encoded line end in a name', 'body', [[text('a%0Db'), 'x'], filePart]],
    ['a part of another disposition', 'body', [['Content-Disposition: attachment; name="file"; filename="x"', 'x']]],
    ['two dispositions', 'body', [[`${fileHeader}\r\n${text('purpose')}`, 'x']]],
    ['a part without headers', 'body', [['', 'x'], filePart]],
    ['a header without an end', 'body', Buffer.from(`--b\r\n${fileHeader}\r\n\r\nbytes\r\n--b\r\nfoo\r\n--b--\r\n`)],
    ['headers beyond the limit', 'body', [[`${fileHeader}\r\nX-A: ${'x'.repeat(9000)}`, 'x']]],
    ['headers far beyond the limit', 'body', [[`${fileHeader}\r\nX-A: ${'x'.repeat(90000)}`, 'x']]],
    ['more header lines than the limit', 'body', [[`${fileHeader}${'\r\nX-A: x'.repeat(40)}`, 'x']]],
    ['more parts than the limit', 'body', [...Array.from({ length: 30 }, (): [string, string] => [text('x'), '']), filePart]],
    ['half a million empty parts', 'body', Buffer.from('--b\r\n\r\n\r\n'.repeat(400_000))],
    ['a file in base64', 'file', [[`${fileHeader}\r\nContent-Transfer-Encoding: Base64`, 'Ynl0ZXM=']]],
    ['nested multipart', 'files', [[`${text('files')}\r\nContent-Type: multipart/mixed; boundary=c`, form('c', [filePart])]]],
    ['lines that end with LF', 'body', Buffer.from(cut.toString().replaceAll('\r\n', '\n'))],
    ['a body cut inside the file', 'body', cut.subarray(0, cut.indexOf('tes\r\n'))],
    ['a body cut inside a header', 'body', cut.subarray(0, 20)],
    ['a body cut inside the closing boundary', 'body', cut.subarray(0, -3)],
    ['a body without its closing boundary', 'body', cut.subarray(0, cut.lastIndexOf('--b'))],
    ['a boundary that begins a line of the file', 'body', [[fileHeader, 'one\r\n--bcd\r\ntwo']]],
    ['a closing boundary that begins a line of the file', 'body', [[fileHeader, 'one\r\n--b--cd\r\ntwo']]],
    ['a closing boundary that is a line of the file', 'body', [[fileHeader, 'one\r\n--b--\r\ntwo']]],
    ['a second form behind the first', 'body', Buffer.concat([cut, Buffer.from('\r\n'), cut])],
    ['padding and more behind a boundary', 'body', Buffer.from(cut.toString().replace('--b\r\n', '--b x\r\n'))],
    ['nothing behind a boundary but padding', 'body', Buffer.from('--b  \t')],
    ['a header that is none', 'body', [[`${fileHeader}\r\nno header`, 'x']]],
    ['a header broken by a lone line end', 'body', [[`${fileHeader}\r\nX-A: a\nb`, 'x']]],
    ['a name given twice, which readers read differently', 'body', [['Content-Disposition: form-data; name="file"; name="purpose"; filename="a"', 'x']]],
    ['another boundary than the declared one', 'body', form('c', [filePart])],
    ['no boundary', 'content-type', cut, 'multipart/form-data'],
    ['an empty boundary', 'content-type', cut, 'multipart/form-data; boundary=""'],
    ['a boundary of 71 characters', 'content-type', cut, `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['a boundary with a line end', 'content-type', cut, 'multipart/form-data; boundary="b\r\nx"'],
    ['another multipart type', 'content-type', cut, 'multipart/mixed; boundary=b'],
    ['no form', 'content-type', cut, 'application/json'],
    ['no media type', 'content-type', cut, '??'],
  ];

  it.each(cases)('%s', async (_title, path, body, contentType) => {
    const error = await refused(read(Buffer.isBuffer(body) ? body : form('b', body), contentType));
    expect(error).toMatchObject({ code: 'validation_failed' });
    expect(error.details).toEqual({ issues: [{ path, message: error.message }] });
  });

  it('a file above the limit, with the limit', async () => {
    expect((await read(form('b', [[fileHeader, Buffer.alloc(4096)]]))).file.bytes.length).toBe(4096);
    const error = await refused(read(form('b', [[fileHeader, Buffer.alloc(4097)]])));
    expect(error).toMatchObject({ code: 'file_too_large', details: { maxBytes: 4096 } });
  });

  const valid = eventOf(type, cut);
  // biome-ignore format: one line a case
  it.each([
    ['no content type', 'content-type multipart/form-data', { ...valid, headers: {} }],
    ['no body', 'the body is empty', { headers: valid.headers }],
    ['an empty body', 'the body is empty', { headers: valid.headers, body: '', isBase64Encoded: true }],
    ['base64 cut short', 'base64 is malformed', { ...valid, body: valid.body.slice(0, -1) }],
    ['base64 with a hole', 'base64 is malformed', { ...valid, body: `${valid.body.slice(0, 40)}!${valid.body.slice(41)}` }],
    ['base64 with padding in the middle', 'base64 is malformed', { ...valid, body: `AA==${valid.body}` }],
    ['base64 over several lines', 'base64 is malformed', { ...valid, body: `${valid.body.slice(0, 40)}\n   ${valid.body.slice(40)}` }],
    ['a text body that lost bytes', 'damaged', { headers: valid.headers, body: `${cut.toString()}\ufffd` }],
    ['a text body with half a character', 'damaged', { headers: valid.headers, body: `${cut.toString()}\ud800` }],
  ])('%s', async (_title, message, event) => {
    const error = await refused(parseMultipart(event, options));
    expect(error).toMatchObject({ code: 'validation_failed', message: expect.stringContaining(message) });
  });

  it('and the refusal carries nothing of the body into the log', async () => {
    const body = Buffer.from(`--b\r\n${fileHeader}\r\n\r\nsecret-bytes`);
    const logged = inspect(await refused(read(body)), { depth: 10, showHidden: true });
    expect(logged).not.toContain('secret-bytes');
    expect(logged).not.toContain(body.toString('base64').slice(0, 12));
  });
});

it('hands out the file as a view of the decoded body, not as a copy', async () => {
  const bytes = Buffer.alloc(200_000, 'x');
  const { file } = await parseMultipart(eventOf(type, form('b', [[fileHeader, bytes]])), {
    ...options,
    maxFileBytes: 1e6,
  });
  expect(Buffer.compare(file.bytes, bytes)).toBe(0);
  expect(Buffer.from(file.bytes.buffer).indexOf(`--b\r\n${fileHeader}`)).not.toBe(-1);
});
