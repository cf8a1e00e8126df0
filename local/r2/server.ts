/**
 * A strict stand-in for Cloudflare R2's S3 endpoint, on loopback. A request flows: parse -> CORS preflight -> signature
 * -> route -> bucket -> provoked fault -> operation -> answer. Each file says where it differs from real R2; overall:
 * plain HTTP, path-style addresses, every key pair for all buckets, no caching, no eventual anything.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getBucketCors, getBucketLifecycle } from './bucket-configuration.ts';
import { corsHeaders, preflight } from './cors.ts';
import { R2Error } from './errors.ts';
import { afterwards, dropped, errorReply, insteadOf } from './faults.ts';
import { type R2Server, send, serveStore } from './http.ts';
import { writeLimiter } from './lock.ts';
import { createBucket, getBucketLocation, headBucket, listBuckets } from './operations/bucket.ts';
import { listObjects, listObjectsV2 } from './operations/list.ts';
import { listMultipartUploads, listParts } from './operations/list-uploads.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './operations/multipart.ts';
import { getObject, headObject } from './operations/read.ts';
import { deleteObject, deleteObjects } from './operations/remove.ts';
import { copyObject, putObject } from './operations/write.ts';
import { parseRequest, type S3Request } from './request.ts';
import { route } from './route.ts';
import { verifySignature } from './signature.ts';
import { openStore } from './store.ts';
import type { BucketOptions, Clock, Credentials, Handler, Intercept, Operation, Reply, RequestLine } from './types.ts';

const handlers: Record<Operation, Handler> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  GetBucketLocation: getBucketLocation,
  GetBucketCors: getBucketCors,
  GetBucketLifecycle: getBucketLifecycle,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  DeleteObjects: deleteObjects,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  CopyObject: copyObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
  ListMultipartUploads: listMultipartUploads,
};

export interface R2Options {
  /** Data folder; made when missing, kept over restarts. One server at a time. */
  dir: string;
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** Looked at with every request, so that a list may gain and lose key pairs as tokens are made and revoked. */
  credentials: Credentials | readonly Credentials[];
  buckets: BucketOptions[];
  clock?: Clock;
  /** R2 allows one, which is the default; `Infinity` where a test is about many writes of one key. */
  writesPerKeyPerSecond?: number;
  /** Called once a request, just before its answer is sent. For counting round trips. */
  onRequest?: (line: RequestLine) => void;
  /** Asked before every operation, to provoke faults. */
  intercept?: Intercept;
}

/** Starts the server. Rejects when the port is taken or the folder cannot be written. */
export async function startR2(options: R2Options): Promise<R2Server> {
  const { dir, port = 0, host = '127.0.0.1', clock = { now: () => new Date() } } = options;
  const store = openStore(dir);
  const admit = writeLimiter(options.writesPerKeyPerSecond ?? 1, clock);

  async function answer(request: S3Request, line: RequestLine): Promise<Reply> {
    const bucket = options.buckets.find(({ name }) => name === request.bucket);
    if (request.method === 'OPTIONS') return preflight(request, bucket?.cors ?? []);
    const routed = route(request);
    if (request.method === 'POST' && routed.operation === 'Unsupported') {
      // A form upload carries its proof in the form, so it must learn the reason before it is asked for a signature.
      if (request.header('authorization') === undefined) throw new R2Error('NotImplemented', routed.why);
    }
    const now = clock.now();
    const { accessKeyId, payload } = verifySignature(request, [options.credentials].flat(), now);
    line.accessKeyId = accessKeyId;
    if (routed.operation === 'Unsupported') throw new R2Error('NotImplemented', routed.why);
    const { operation } = routed;
    if (!bucket && operation === 'CreateBucket') throw new R2Error('NotImplemented', 'Buckets are given at start.');
    if (!bucket && operation !== 'ListBuckets')
      throw new R2Error('NoSuchBucket', 'The specified bucket does not exist.');

    const fault = await options.intercept?.({ operation, bucket: request.bucket, key: request.key });
    const instead = fault && (await insteadOf(fault, request));
    if (instead) return instead;
    const reply = await handlers[operation]({
      request,
      store,
      bucket: bucket ?? { name: '' },
      key: request.key ?? '',
      payload,
      now,
      bucketNames: options.buckets.map(({ name }) => name),
      admitWrite: (key) => admit(`${bucket?.name}/${key}`),
    });
    return fault ? await afterwards(fault, reply, request) : reply;
  }

  async function serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const line: RequestLine = {
      method: raw.method ?? 'GET',
      path: (raw.url ?? '/').split('?', 1)[0] ?? '/',
      bucket: undefined,
      key: undefined,
      operation: 'Unsupported',
      status: 0,
      accessKeyId: undefined,
    };
    let cors: Record<string, string> = {};
    try {
      let reply: Reply;
      try {
        const request = parseRequest(raw);
        const { operation } = request.method === 'OPTIONS' ? { operation: 'Preflight' as const } : route(request);
        Object.assign(line, { bucket: request.bucket, key: request.key, operation });
        if (operation !== 'Preflight') {
          cors = corsHeaders(request, options.buckets.find(({ name }) => name === request.bucket)?.cors ?? []);
        }
        reply = await answer(request, line);
      } catch (error) {
        // The caller left in the middle of its body: nothing was stored, and nobody listens.
        if (error === dropped || raw.socket.destroyed) throw dropped;
        if (!(error instanceof R2Error)) console.error('R2 stand-in failed', error);
        reply = refusal(error, line.path);
      }
      line.status = reply.status;
      // Before the answer, so that whoever has the answer can count on the line.
      options.onRequest?.({ ...line });
      const date = clock.now().toUTCString();
      await send(response, {
        ...reply,
        headers: { date, 'x-amz-request-id': randomUUID(), ...reply.headers, ...cors },
      });
    } catch (error) {
      if (error === dropped) options.onRequest?.({ ...line, status: 0 });
      else console.error('R2 stand-in failed', error);
      raw.socket.resetAndDestroy();
    }
  }

  return await serveStore(store, serve, { port, host });
}

function refusal(error: unknown, path: string): Reply {
  if (!(error instanceof R2Error)) {
    return errorReply(
      { status: 500, code: 'InternalError' },
      'We encountered an internal error. Please try again.',
      path,
    );
  }
  const reply = errorReply(error, error.message, path);
  return { ...reply, headers: { ...reply.headers, ...error.headers } };
}
