import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pngPhoto } from '#test/support/images.ts';
import { expectError, expectFile, fileOf } from './expectations.ts';
import { type Answer, asBackend, openStowage, type TestApp } from './support.ts';

/** Forms byte by byte, as clients good and bad write them. */
let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
let png: Buffer;
beforeAll(async () => {
  [stowage, png] = await Promise.all([openStowage(), pngPhoto({ width: 40, height: 30 })]);
  app = await stowage.app();
});
afterAll(() => stowage.close());

/** Without content of its own, a part holds the picture. */
type Part = [head: string, content?: Buffer | string];

const filePart = (name = 'file', filename = 'a.png'): Part => [
  `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/png`,
];
const textPart = (name: string, content: Buffer | string = 'puzzle'): Part => [
  `Content-Disposition: form-data; name="${name}"`,
  content,
];

function bodyOf(parts: Part[], boundary = 'edge'): Buffer {
  const chunks = parts.flatMap(([head, content = png]) => [`--${boundary}\r\n${head}\r\n\r\n`, content, '\r\n']);
  return Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk)));
}

async function post(body: Buffer, contentType = 'multipart/form-data; boundary=edge'): Promise<Answer> {
  const caller = asBackend(app);
  const headers = { ...caller.headers, 'content-type': contentType };
  return await stowage.call('POST', app.files, { ...caller, headers, body: new Uint8Array(body) });
}

describe('a boundary', () => {
  it.each([
    ['in quotes', '"edge"', 'edge'],
    ['in quotes, with a space and colons', '"a b:c=d?"', 'a b:c=d?'],
    ['with dots and underscores, as Dart writes it', 'dart-http-boundary-._+x', 'dart-http-boundary-._+x'],
    ['of 70 characters', 'b'.repeat(70), 'b'.repeat(70)],
    [
      'of dashes, as browsers write it',
      '----WebKitFormBoundary7MA4YWxkTrZu0gW',
      '----WebKitFormBoundary7MA4YWxkTrZu0gW',
    ],
  ])('%s is understood', async (_, written, boundary) => {
    const body = bodyOf([textPart('purpose'), filePart()], boundary);
    const file = fileOf(await post(body, `multipart/form-data; boundary=${written}`));
    expectFile(file, { originalName: 'a.png', purpose: 'puzzle', width: 40, height: 30 });
  });

  it.each([
    ['after another parameter', 'multipart/form-data; charset=utf-8; boundary=edge'],
    ['without spaces, in capitals', 'Multipart/Form-Data;BOUNDARY=edge'],
  ])('%s is understood', async (_, contentType) => {
    expect((await post(bodyOf([filePart()]), contentType)).status).toBe(201);
  });

  it.each([
    ['missing', 'multipart/form-data'],
    ['empty', 'multipart/form-data; boundary='],
    ['too long', `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['of characters no boundary has', 'multipart/form-data; boundary="a\tb"'],
    ['of no form', 'application/octet-stream'],
    ['of no form but JSON', 'application/json'],
  ])('that is %s is refused', async (_, contentType) => {
    expectError(await post(bodyOf([filePart()]), contentType), 400, 'validation_failed');
  });

  it('that is not the one in the body is refused', async () => {
    expectError(await post(bodyOf([filePart()]), 'multipart/form-data; boundary=other'), 400, 'validation_failed');
  });
});

describe('a form', () => {
  const issues = (path: string) => ({ issues: [{ path, message: expect.any(String) }] });

  it('cut anywhere is refused', async () => {
    const whole = bodyOf([textPart('purpose'), filePart()]);
    const cuts = [1, 10, 60, 120, 200, 300, whole.length - png.length, whole.length - 30, whole.length - 5];
    for (const answer of await Promise.all(cuts.map((end) => post(whole.subarray(0, end))))) {
      expectError(answer, 400, 'validation_failed');
    }
    expect((await post(whole)).status).toBe(201);
  });

  it('that is empty is refused', async () => {
    expectError(await post(Buffer.alloc(0)), 400, 'validation_failed', issues('body'));
  });

  it('with a field a and a field a[] is read, and both are ignored', async () => {
    const parts = [textPart('a'), textPart('a[]'), textPart('a[]'), textPart('__proto__'), filePart()];
    expectFile(fileOf(await post(bodyOf(parts))), { originalName: 'a.png' });
  });

  it.each<[string, Part[], string]>([
    ['two files', [filePart(), filePart()], 'file'],
    ['two files of different names', [filePart(), filePart('photo')], 'file'],
    ['no file', [textPart('purpose')], 'file'],
    ['the file in another field', [filePart('image')], 'file'],
    ['the file as text', [textPart('file')], 'file'],
    ['an empty file', [['Content-Disposition: form-data; name="file"; filename="a.png"', '']], 'file'],
    ['a file input left untouched', [['Content-Disposition: form-data; name="file"; filename=""', '']], 'file'],
    ['a file in base64', [[`${filePart()[0]}\r\nContent-Transfer-Encoding: base64`, 'iVBORw0KGgo=']], 'file'],
    ['purpose twice', [textPart('purpose'), textPart('purpose'), filePart()], 'purpose'],
    ['purpose as a file', [filePart('purpose'), filePart()], 'file'],
    ['a purpose of control characters', [textPart('purpose', 'a\0b'), filePart()], 'purpose'],
    ['a purpose that is not UTF-8', [textPart('purpose', Buffer.from([0xff, 0xfe])), filePart()], 'purpose'],
    ['a text field of 5 kB', [textPart('note', 'x'.repeat(5000)), filePart()], 'note'],
    ['a part without a name', [['Content-Disposition: form-data', 'x'], filePart()], 'body'],
    ['a part without a header', [['X-Nothing: here', 'x'], filePart()], 'body'],
    ['forty fields', [...Array<Part>(40).fill(textPart('note')), filePart()], 'body'],
  ])('with %s is refused', async (_, parts, path) => {
    expectError(await post(bodyOf(parts)), 400, 'validation_failed', issues(path));
  });

  it('may hold anything in its file that its boundary does not occur in', async () => {
    const tail = Buffer.from('\r\n--edg\r\n--\r\n\r\n--EDGE--\r\n');
    const [head] = filePart();
    expect((await post(bodyOf([[head, Buffer.concat([png, tail])]]))).status).toBe(201);
  });

  it('whose sender hangs up half-way leaves nothing behind, and the next one is served', async () => {
    const before = await stowage.bucketKeys();
    const { hostname, port } = new URL(stowage.dev.baseUrl);
    const body = bodyOf([filePart()]);
    const head = [
      `POST ${app.files} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      `authorization: Bearer ${app.key}`,
      `x-chastify-main-token: ${app.sessionToken}`,
      'content-type: multipart/form-data; boundary=edge',
      `content-length: ${body.length}`,
    ];
    for (const end of [0, 100, body.length - 10]) {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.write(`${head.join('\r\n')}\r\n\r\n`, resolve));
      await new Promise((resolve) => socket.write(body.subarray(0, end), resolve));
      socket.destroy();
    }
    const file = fileOf(await post(body));
    await stowage.drain();
    const added = (await stowage.bucketKeys()).filter((key) => !before.includes(key));
    expect(added).toHaveLength(1);
    expect(file.signedUrl).toContain(added[0] ?? 'no object');
  });
});
