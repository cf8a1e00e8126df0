/** The S3 client set up for R2, and the one way to send with it: bounded time, rotated credentials, our words for refusals. */
import { S3Client } from '@aws-sdk/client-s3';
import type { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { ObjectStoreError } from '#core/files/ports.ts';
import { type R2Config, region } from './config.ts';
import { sameCredentials, sharedCredentials } from './credentials.ts';
import { createHandler, type TryLimits } from './handler.ts';
import { isAboutCredentials, isRateLimit, type R2Operation, R2Refusal } from './refusals.ts';
import { retryStrategy } from './retry.ts';

/** What a request may move and take, beside the time every request may. */
export interface Travel extends Partial<Pick<TryLimits, 'maxBytes' | 'wantedOfWhole'>> {
  /** Bytes that travel, there or back. */
  bytes?: number;
  /** Milliseconds the server may work in silence before it answers. */
  patienceMs?: number;
}

type Middleware = Parameters<S3Client['middlewareStack']['add']>[0];
type Command = Parameters<S3Client['send']>[0];

/** An answer without bytes of an object: headers, and S3's own small documents. */
const maxDocumentBytes = 65_536;

const operations: Record<string, R2Operation> = {
  GetObjectCommand: 'GET',
  HeadObjectCommand: 'HEAD',
  PutObjectCommand: 'PUT',
  CopyObjectCommand: 'COPY',
  DeleteObjectCommand: 'DELETE',
  ListObjectsV2Command: 'LIST',
  ListMultipartUploadsCommand: 'LIST',
  CreateMultipartUploadCommand: 'MULTIPART',
  ListPartsCommand: 'MULTIPART',
  CompleteMultipartUploadCommand: 'MULTIPART',
  AbortMultipartUploadCommand: 'MULTIPART',
};

/**
 * Opens R2. The sender gives the client's output, and throws `R2Refusal` (an answer), or `ObjectStoreError`
 * (`unavailable` when there was none in time, `too_large` for more bytes than were asked for).
 */
export function openR2(config: R2Config) {
  const credentials = sharedCredentials(config.credentials, config.clock);
  const { baseMs = 4_000, connectMs = 2_000, bytesPerSecond = 1_048_576 } = config.timeouts ?? {};
  const client = new S3Client({
    region,
    endpoint: config.endpoint,
    // One host name for all buckets, and names with dots work.
    forcePathStyle: true,
    // Remembered by us, who know of rotations: the client would keep what does not expire for ever.
    credentials: async () => ({ ...(await credentials()), expiration: new Date(0) }),
    // R2 has not all of S3's checksums; the signature covers the body's SHA-256 as it is.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Costs a round trip, and six seconds where nobody answers it.
    expectContinueHeader: false,
    retryStrategy,
    requestHandler: createHandler({ silenceMs: baseMs, connectMs }),
  });
  addR2Headers(client);
  translateErrors(client);

  async function once<Output>(command: Command, limits: TryLimits): Promise<Output> {
    if (config.clock) client.config.systemClockOffset = config.clock.now().getTime() - Date.now();
    return (await client.send(command, limits as object)) as Output;
  }

  return async function send<Output>(operation: R2Operation, command: unknown, travel: Travel = {}): Promise<Output> {
    const { bytes = 0, patienceMs = 0, maxBytes = maxDocumentBytes, wantedOfWhole } = travel;
    const tryMs = Math.ceil(baseMs + (bytes / bytesPerSecond) * 1000 + patienceMs);
    const allMs = Math.floor(Math.min(1.5 * baseMs + tryMs, config.remainingMs?.() ?? Number.POSITIVE_INFINITY));
    if (allMs <= 0) throw new ObjectStoreError('unavailable', `No time was left for ${operation}.`);
    const abortSignal = AbortSignal.timeout(allMs);
    const limits = { abortSignal, tryMs, maxBytes, wantedOfWhole, quiet: patienceMs > 0 };
    const started = performance.now();
    let failed = false;
    try {
      const used = await credentials();
      try {
        return await once<Output>(command as Command, limits);
      } catch (error) {
        if (!(error instanceof R2Refusal) || !isAboutCredentials(error.status, error.code)) throw error;
        if (sameCredentials(await credentials.refused(used), used)) throw error;
        return await once<Output>(command as Command, limits);
      }
    } catch (error) {
      const known = error instanceof R2Refusal || error instanceof ObjectStoreError;
      failed = !known || error.reason === 'unavailable' || error.reason === 'denied';
      if (known) throw error;
      throw new ObjectStoreError('unavailable', `R2 did not answer ${operation}.`, { cause: error });
    } finally {
      config.onCall?.(performance.now() - started, failed);
    }
  };
}

export type SendToR2 = ReturnType<typeof openR2>;

/** What S3 has no parameter for. */
function addR2Headers(client: S3Client): void {
  const copyOnce: Middleware = (next) => (args) => {
    const { headers } = args.request as HttpRequest;
    // R2's own condition on the destination of a copy (Cloudflare: "S3 extensions").
    if (headers['x-amz-copy-source'] !== undefined) headers['cf-copy-destination-if-none-match'] = '*';
    return next(args);
  };
  client.middlewareStack.add(copyOnce as never, { step: 'build', name: 'r2Copy' });
  const asStored: Middleware = (next) => (args) => {
    // A decoded body would not be the stored bytes. After the signature: an edge may rewrite this header.
    (args.request as HttpRequest).headers['accept-encoding'] = 'identity';
    return next(args);
  };
  client.middlewareStack.addRelativeTo(asStored, {
    relation: 'after',
    toMiddleware: 'httpSigningMiddleware',
    name: 'r2Encoding',
  });
}

/**
 * Around each try: any answer that is no success becomes an `R2Refusal`, by which it is decided whether to try again.
 * Of the client's own errors nothing is kept, since they hold the answer whole.
 */
function translateErrors(client: S3Client): void {
  /** Requests of which a try failed that may have taken effect; all tries of one share a context. */
  const uncertain = new WeakSet<object>();
  const translate: Middleware = (next, context) => async (args) => {
    const mayHaveLanded = uncertain.has(context);
    try {
      return await next(args);
    } catch (error) {
      const { $metadata, $response, Code } = error as {
        $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
        $response?: HttpResponse;
        Code?: unknown;
      };
      const status = $metadata?.httpStatusCode;
      const code = typeof Code === 'string' && /^[A-Za-z0-9.]{1,64}$/.test(Code) ? Code : undefined;
      // Whoever is told to come later has not been served yet.
      if (status === undefined || !isRateLimit(status, code)) uncertain.add(context);
      if (status === undefined) throw error;
      throw new R2Refusal(operations[context.commandName ?? ''] ?? 'GET', {
        status,
        code,
        contentRange: $response?.headers['content-range'],
        mayHaveLanded,
        clockCorrected: $metadata?.clockSkewCorrected === true,
      });
    }
  };
  client.middlewareStack.addRelativeTo(translate, {
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware',
    name: 'r2Refusals',
  });
}
