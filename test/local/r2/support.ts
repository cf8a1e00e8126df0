/** What the suites of the R2 stand-in share: a server in a folder of its own, an SDK client, and requests byte by byte. */

import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { onTestFinished } from 'vitest';
import type { R2Server } from '#local/r2/http.ts';
import { type R2Options, startR2 } from '#local/r2/server.ts';

export const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
export const bucket = 'files';

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-r2-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A running server, closed with the test, and a client for it. */
export async function startedR2(options: Partial<R2Options> = {}): Promise<R2Server & { s3: S3Client; dir: string }> {
  const dir = options.dir ?? (await temporaryFolder());
  // Most suites write one key several times in a row, and are about what is stored then, not about R2's rate limit.
  const writesPerKeyPerSecond = Number.POSITIVE_INFINITY;
  const server = await startR2({ dir, credentials, buckets: [{ name: bucket }], writesPerKeyPerSecond, ...options });
  onTestFinished(() => server.close());
  return { ...server, dir, s3: clientOf(server) };
}

/** An SDK client with the SDK's own defaults, closed with the test. */
export function clientOf(server: { endpoint: string }, config: S3ClientConfig = {}): S3Client {
  const s3 = new S3Client({
    region: 'auto',
    endpoint: server.endpoint,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
    ...config,
  });
  onTestFinished(() => s3.destroy());
  return s3;
}

export interface RawResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** A connection of its own unless one is given. */
  agent?: http.Agent;
}

/** Sends a request as it is: the path is not normalised and no header is added but `host` and `content-length`. */
export function send(
  url: string,
  { method = 'GET', headers = {}, body, agent }: RawRequest = {},
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf('/', 'http://'.length));
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Names of the files that hold bytes, named by a row or not. */
export async function blobs(dir: string): Promise<string[]> {
  const entries = await readdir(join(dir, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** An object's bytes as text. */
export async function textOf(s3: S3Client, Key: string): Promise<string | undefined> {
  const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return got.Body?.transformToString();
}

/** The `<Code>` of an error body. */
export function codeOf(response: RawResponse): string | undefined {
  return /<Code>([^<]*)<\/Code>/.exec(response.body)?.[1];
}

/** Name of the SDK's error; fails the test when nothing was refused. */
export async function refusal(work: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await work;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
  throw new Error('expected a refusal');
}

class Sha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {}
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Signs a request in its headers with a signer that is not ours, for requests the SDK's client would never send. */
export async function signed(
  server: { port: number },
  path: string,
  {
    method = 'GET',
    headers = {},
    query = {},
    payload = 'UNSIGNED-PAYLOAD',
    secret = credentials.secretAccessKey,
    accessKeyId = credentials.accessKeyId,
    region = 'auto',
    at = new Date(),
  }: {
    method?: string;
    headers?: Record<string, string>;
    query?: Record<string, string>;
    payload?: string;
    secret?: string;
    accessKeyId?: string;
    region?: string;
    at?: Date;
  } = {},
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: { accessKeyId, secretAccessKey: secret },
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const request = new HttpRequest({
    method,
    hostname: '127.0.0.1',
    port: server.port,
    path,
    query,
    headers: { host: `127.0.0.1:${server.port}`, 'x-amz-content-sha256': payload, ...headers },
  });
  return (await signer.sign(request, { signingDate: at })).headers;
}
