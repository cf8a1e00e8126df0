import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const now = new Date('2026-03-04T05:06:07.890Z');
const clock = { now: () => now };
const awkwardKeys = [
  'plain/0123.webp',
  'with space+plus/#hash?query&and=equals',
  'ünïcode/日本語/🐟.png',
  "quotes'(and)*stars!~-_.",
  'percent%2Fencoded%20already',
  'double//slash/trailing/',
];

/** What a request looked like on the wire. */
interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

let server: Server;
let endpoint: string;
let seen: Seen[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    // The S3 client would correct its clock by our `Date`.
    response.sendDate = false;
    request.resume().on('end', () => {
      response.setHeader('etag', '"e"');
      response.end(request.headers['x-amz-copy-source'] ? '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>' : '');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

afterEach(() => {
  seen = [];
  vi.useRealTimers();
});

const config = () => ({ endpoint, buckets: { default: 'files' }, credentials: async () => credentials, clock });

/** The SDK's client, made to sign what we sign: without its own telemetry headers and its `x-id` query parameter. */
function sdkClient(): S3Client {
  vi.useFakeTimers({ now, toFake: ['Date'] });
  const client = new S3Client({
    region: 'auto',
    endpoint,
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would warn of the content-length taken out below.
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const onlyWhatWeSend: Parameters<S3Client['middlewareStack']['add']>[0] = (next) => (args) => {
    const request = args.request as { headers: Record<string, string>; query: Record<string, string> };
    for (const name of ['amz-sdk-request', 'amz-sdk-invocation-id', 'x-amz-user-agent', 'content-length']) {
      delete request.headers[name];
    }
    delete request.query['x-id'];
    // R2's own condition on a copy's destination, which no S3 client knows.
    if (request.headers['x-amz-copy-source']) request.headers['cf-copy-destination-if-none-match'] = '*';
    return next(args);
  };
  client.middlewareStack.addRelativeTo(onlyWhatWeSend, { relation: 'before', toMiddleware: 'httpSigningMiddleware' });
  return client;
}

/** `getSignedUrl` with `x-id` taken out before signing; its `signableHeaders` lets the content-type be signed. */
async function sdkUrl(command: GetObjectCommand | PutObjectCommand, expiresIn: number): Promise<string> {
  vi.useFakeTimers({ now, toFake: ['Date'] });
  const client = new S3Client({
    region: 'auto',
    endpoint,
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  client.middlewareStack.add(
    (next) => (args) => {
      delete (args.request as { query: Record<string, string> }).query['x-id'];
      return next(args);
    },
    { step: 'build' },
  );
  return getSignedUrl(client, command as GetObjectCommand, {
    expiresIn,
    signableHeaders: new Set(['host', 'content-type']),
  });
}

const sortedQuery = (url: string) => {
  const parsed = new URL(url);
  return { at: parsed.origin + parsed.pathname, query: Object.fromEntries([...parsed.searchParams].sort()) };
};

describe('requests signed by headers', () => {
  it.each(awkwardKeys)('carry the same signature as the S3 client: %s', async (key) => {
    const store = createObjectStore(config());
    const ref = { bucket: 'default', key } as const;
    await store.put(ref, Buffer.from('hello'), { contentType: 'text/plain', contentDisposition: 'attachment' });
    await store.head(ref);
    await store.get(ref, { maxBytes: 10, ifMatch: '"e"', range: { first: 0, last: 3 } });
    await store.copy(ref, { bucket: 'default', key: 'target' }, { ifMatch: '"e"', headers: { contentType: 'a/b' } });
    const ours = seen.splice(0);

    const client = sdkClient();
    const target: PutObjectCommandInput = { Bucket: 'files', Key: key };
    const put = { ...target, Body: Buffer.from('hello'), ContentType: 'text/plain', ContentDisposition: 'attachment' };
    await client.send(new PutObjectCommand({ ...put, IfNoneMatch: '*' }));
    await client.send(new HeadObjectCommand(target));
    const got = await client.send(new GetObjectCommand({ ...target, IfMatch: '"e"', Range: 'bytes=0-3' }));
    await got.Body?.transformToByteArray();
    const source = `/files/${key.split('/').map(strictEncode).join('/')}`;
    await client.send(
      new CopyObjectCommand({
        Bucket: 'files',
        Key: 'target',
        CopySource: source,
        CopySourceIfMatch: '"e"',
        MetadataDirective: 'REPLACE',
        ContentType: 'a/b',
      }),
    );

    expect(seen).toHaveLength(ours.length);
    for (const [i, sdk] of seen.entries()) {
      expect(ours[i]?.method).toBe(sdk.method);
      expect(ours[i]?.url).toBe(sdk.url.replace(/\?$/, ''));
      expect(ours[i]?.headers.authorization).toBe(sdk.headers.authorization);
      expect(ours[i]?.headers['x-amz-content-sha256']).toBe(sdk.headers['x-amz-content-sha256']);
    }
  });

  it('never negotiate a content encoding, since a decoded body would not be the stored bytes', async () => {
    await createObjectStore(config()).get({ bucket: 'default', key: 'k' }, { maxBytes: 10 });
    expect(seen[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('presigned URLs', () => {
  it.each(awkwardKeys)('for GET equal those of getSignedUrl: %s', async (key) => {
    const signer = createUrlSigner(config());
    const { url } = await signer.presignGet(
      { bucket: 'default', key },
      {
        expiresInSeconds: 900,
        mode: 'fresh',
        contentDisposition: `attachment; filename="a b.png"; filename*=UTF-8''a%20b.png`,
        contentType: 'image/png',
      },
    );
    const expected = await sdkUrl(
      new GetObjectCommand({
        Bucket: 'files',
        Key: key,
        ResponseContentDisposition: `attachment; filename="a b.png"; filename*=UTF-8''a%20b.png`,
        ResponseContentType: 'image/png',
      }),
      900,
    );
    expect(sortedQuery(url)).toEqual(sortedQuery(expected));
  });

  it.each(awkwardKeys)('for PUT equal those of getSignedUrl once it signs the content type: %s', async (key) => {
    const signer = createUrlSigner(config());
    const { url, headers, expiresAt } = await signer.presignPut(
      { bucket: 'default', key },
      { contentType: 'image/png', contentLength: 12345, expiresInSeconds: 600 },
    );
    const expected = await sdkUrl(
      new PutObjectCommand({
        Bucket: 'files',
        Key: key,
        ContentType: 'image/png',
        ContentLength: 12345,
        IfNoneMatch: '*',
      }),
      600,
    );
    expect(sortedQuery(url)).toEqual(sortedQuery(expected));
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    expect(headers).toEqual({ 'content-type': 'image/png', 'content-length': '12345', 'if-none-match': '*' });
    expect(expiresAt).toEqual(new Date('2026-03-04T05:16:07.000Z'));
  });

  it.each([0, -1, 1.5, 604_801, Number.NaN])('refuse a life of %s seconds', async (expiresInSeconds) => {
    const signer = createUrlSigner(config());
    const ref = { bucket: 'default', key: 'k' } as const;
    const refused = { name: 'RangeError' };
    await expect(signer.presignGet(ref, { expiresInSeconds, mode: 'fresh' })).rejects.toMatchObject(refused);
    await expect(signer.presignGet(ref, { expiresInSeconds, mode: 'stable' })).rejects.toMatchObject(refused);
    const put = { contentType: 'a/b', contentLength: 1, expiresInSeconds };
    await expect(signer.presignPut(ref, put)).rejects.toMatchObject(refused);
  });
});

function strictEncode(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
