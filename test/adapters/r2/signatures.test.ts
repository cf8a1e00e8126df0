import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
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

const bodies = {
  copy: '<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>',
  list: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
  other: '',
};

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
      response.setHeader('content-type', 'text/plain');
      response.setHeader('last-modified', now.toUTCString());
      if (request.method === 'DELETE') response.statusCode = 204;
      else if (request.method === 'HEAD') response.setHeader('content-length', '0');
      response.end(
        bodies[request.headers['x-amz-copy-source'] ? 'copy' : request.url?.includes('list-type') ? 'list' : 'other'],
      );
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
  const ref = { bucket: 'default', key: awkwardKeys.join('/') } as const;
  /** Every kind of request, as it went over the wire. */
  async function requests(): Promise<Seen[]> {
    const store = createObjectStore(config());
    await store.put(ref, randomBytes(3_000_000), { contentType: 'text/plain', contentDisposition: 'attachment' });
    await store.head(ref);
    await store.get(ref, { maxBytes: 10, ifMatch: '"e"', range: { first: 0, last: 3 } });
    await store.copy(ref, { bucket: 'default', key: 'target' }, { ifMatch: '"e"', headers: { contentType: 'a/b' } });
    await store.delete(ref);
    await createObjectLister(config()).list('default', { prefix: 'a/', after: 'a/b' });
    return seen;
  }

  it('go to one host, the bucket in the path, every key encoded once', async () => {
    const path = `/files/${ref.key.split('/').map(strictEncode).join('/')}`;
    const all = await requests();
    expect(all.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `PUT ${path}`,
      `HEAD ${path}`,
      `GET ${path}`,
      'PUT /files/target',
      `DELETE ${path}`,
      'GET /files/',
    ]);
    expect(all[3]?.headers['x-amz-copy-source']).toBe(path);
    expect(all[5]?.url).toBe('/files/?encoding-type=url&list-type=2&max-keys=1000&prefix=a%2F&start-after=a%2Fb');
  });

  it('carry none of what R2 has not: other checksums than the signed hash, encoded chunks, expectations', async () => {
    for (const { headers } of await requests()) {
      const names = Object.keys(headers);
      expect(names.filter((name) => /checksum|trailer|expect|content-md5|transfer-encoding/.test(name))).toEqual([]);
      expect(headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
      expect(headers['content-encoding']).toBeUndefined();
    }
  });

  it('write once: a condition of S3’s on a PUT, and R2’s own on a copy, both signed', async () => {
    const [put, , , copy] = await requests();
    const signed = (of: Seen | undefined) =>
      /SignedHeaders=([^,]+)/.exec(of?.headers.authorization ?? '')?.[1]?.split(';');
    expect(put?.headers['if-none-match']).toBe('*');
    expect(signed(put)).toContain('if-none-match');
    expect(copy?.headers['cf-copy-destination-if-none-match']).toBe('*');
    expect(copy?.headers['if-none-match']).toBeUndefined();
    expect(signed(copy)).toEqual(expect.arrayContaining(['cf-copy-destination-if-none-match', 'x-amz-copy-source']));
  });

  it('never negotiate a content encoding, since a decoded body would not be the stored bytes, nor sign that', async () => {
    for (const { headers } of await requests()) {
      expect(headers['accept-encoding']).toBe('identity');
      // An edge that rewrites the header would break the signature.
      expect(headers.authorization).not.toContain('accept-encoding');
    }
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
      }),
      600,
    );
    expect(sortedQuery(url)).toEqual(sortedQuery(expected));
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    expect(headers).toEqual({ 'content-type': 'image/png' });
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
