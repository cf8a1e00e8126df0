import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import middyMultipart from '@middy/http-multipart-body-parser';
import { parseMultipart } from '#http/multipart.ts';

/**
 * What reading a form of 4 MiB costs as a function gets it, in base64: the bare parser underneath (no check, no limit,
 * no name made safe), middy's over it, and ours, which checks the frame, lets middy's parse and compares. CPU of this
 * process, medians of rounds in which all take turns; ratios compare machines, milliseconds do not. Run:
 * `node bench/multipart.ts`.
 */
const rounds = 25;
const fileBytes = 4 * 1024 * 1024;
const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';

/** Bytes as compressed pictures have them; the same on every run. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let seed = 1;
  for (let at = 0; at < length; at += 1) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    bytes[at] = seed >> 16;
  }
  return bytes;
}

const form = Buffer.concat([
  Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\npuzzle-image\r\n`),
  Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`,
  ),
  noise(fileBytes),
  Buffer.from(`\r\n--${boundary}--\r\n`),
]);
const contentType = `multipart/form-data; boundary=${boundary}`;
const event = () => ({
  headers: { 'content-type': contentType },
  body: form.toString('base64'),
  isBase64Encoded: true,
});

async function bare({ body }: ReturnType<typeof event>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const chunks: Buffer[] = [];
  const busboy = new Busboy({ headers: { 'content-type': contentType } });
  busboy.on('file', (_, stream) => stream.on('data', (chunk: Buffer) => chunks.push(chunk)));
  busboy.on('finish', () => resolve(Buffer.concat(chunks).length));
  busboy.on('error', reject);
  Readable.from([Buffer.from(body, 'base64')]).pipe(busboy);
  return await promise;
}

async function ours(sent: ReturnType<typeof event>): Promise<number> {
  const options = { fileField: 'file', fields: ['purpose'], maxFileBytes: 10_485_760 };
  return (await parseMultipart(sent, options)).file.bytes.length;
}

const { before } = middyMultipart();
async function middys(sent: ReturnType<typeof event>): Promise<number> {
  const request = { event: sent, context: {}, response: null, error: null, internal: {} };
  await before?.(request as never);
  const { body } = request.event as unknown as { body: { file: { content: Buffer } } };
  return body.file.content.length;
}

const parsers = { 'bare @fastify/busboy': bare, ours, '@middy/http-multipart-body-parser': middys };
const samples = Object.fromEntries(Object.keys(parsers).map((name) => [name, [] as number[]]));
for (let round = -3; round < rounds; round += 1) {
  for (const [name, parse] of Object.entries(parsers)) {
    const sent = event();
    const start = process.cpuUsage();
    const length = await parse(sent);
    const { user, system } = process.cpuUsage(start);
    if (length !== fileBytes) throw new Error(`${name} gave ${length} bytes instead of ${fileBytes}`);
    if (round >= 0) samples[name]?.push((user + system) / 1000);
  }
}

const median = (values: number[] = []) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const floor = median(samples['bare @fastify/busboy']);
const middy = median(samples['@middy/http-multipart-body-parser']);
const rows = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => {
    const ms = median(values);
    return [
      name,
      { 'CPU ms': ms.toFixed(1), 'x bare parser': (ms / floor).toFixed(2), 'x middy': (ms / middy).toFixed(2) },
    ];
  }),
);
// biome-ignore lint/suspicious/noConsole: a bench prints its table.
console.table(rows);
