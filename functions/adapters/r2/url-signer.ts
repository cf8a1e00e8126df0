/** Presigned URLs: the bytes go between client and R2, and never through a function. */

import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { HttpRequest } from '@smithy/core/protocols';
import { getSigningKey } from '@smithy/signature-v4';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import { encodeRfc3986 } from '#core/files/uri.ts';
import { objectPath, type R2Config, region } from './config.ts';
import { type RememberedCredentials, sharedCredentials } from './credentials.ts';
import { Sha256 } from './sha256.ts';
import { createStableLinks } from './stable-links.ts';

/** SigV4's bounds on `X-Amz-Expires`, in seconds: seven days at most. */
const maxExpiresInSeconds = 604_800;

/** The seconds of life a stable URL keeps at least, when it lives long enough for that. */
const maxRemainderSeconds = 300;

/**
 * The `UrlSigner` of one R2 account. Signing is local: it fails only when the credentials cannot be read
 * (`ObjectStoreError`), a role has no bucket (`denied`), or the life asked for is not 1 to 604800 whole seconds
 * (`RangeError`).
 */
export function createUrlSigner(config: R2Config & { clock: Clock }): UrlSigner {
  const credentials = sharedCredentials(config.credentials, config.clock);
  const presign = createPresigner(config, credentials);
  const stableLink = createStableLinks(credentials);

  return {
    async presignGet(ref, { expiresInSeconds, mode, contentDisposition, contentType }) {
      const signingDate = signingTime(config.clock.now(), { expiresInSeconds, mode });
      const query = {
        ...(contentDisposition !== undefined && { 'response-content-disposition': contentDisposition }),
        ...(contentType !== undefined && { 'response-content-type': contentType }),
      };
      const path = objectPath(config, ref);
      const sign = async () => ({
        url: await presign({ method: 'GET', path, query }, signingDate, expiresInSeconds),
        expiresAt: endOf(signingDate, expiresInSeconds),
      });
      if (mode === 'fresh') return await sign();
      return await stableLink(`${path} ${expiresInSeconds} ${JSON.stringify(query)}`, signingDate, sign);
    },

    async presignPut(ref, { contentType, contentLength, expiresInSeconds }) {
      const signingDate = signingTime(config.clock.now(), { expiresInSeconds, mode: 'fresh' });
      // Both are in SignedHeaders (a length that is not known cannot be), so R2 refuses another type or another length. A second write it takes: what is promoted
      // is what was checked, by its ETag (docs/decisions/006-signing-without-if-none-match.md).
      const headers = { 'content-type': contentType };
      const signed = { ...headers, ...(contentLength !== undefined && { 'content-length': String(contentLength) }) };
      const request = { method: 'PUT' as const, path: objectPath(config, ref), headers: signed };
      return {
        url: await presign(request, signingDate, expiresInSeconds),
        expiresAt: endOf(signingDate, expiresInSeconds),
        headers,
      };
    },

    async presignPart(ref, { uploadId, partNumber, contentLength, expiresInSeconds }) {
      const signingDate = signingTime(config.clock.now(), { expiresInSeconds, mode: 'fresh' });
      const query = { partNumber: String(partNumber), uploadId };
      const headers = { 'content-length': String(contentLength) };
      const request = { method: 'PUT' as const, path: objectPath(config, ref), headers, query };
      const url = await presign(request, signingDate, expiresInSeconds);
      return { url, expiresAt: endOf(signingDate, expiresInSeconds) };
    },
  };
}

interface PlainRequest {
  method: 'GET' | 'PUT';
  /** Percent-encoded, as `objectPath` gives it. */
  path: string;
  /** All of them are signed and so must be sent. */
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

/**
 * The SDK's presigner by itself, over plain requests: through a client, a URL would take three times as long and every
 * function that signs would carry the client. It keeps the derived signing key of each day and credential.
 */
function createPresigner({ endpoint }: Pick<R2Config, 'endpoint'>, credentials: RememberedCredentials) {
  const { origin, protocol, hostname, port, pathname } = new URL(endpoint);
  const presigner = new S3RequestPresigner({ region, credentials, sha256: Sha256 });
  const keyAtHand = createKeyAtHand(credentials);

  return async ({ method, path, headers = {}, query = {} }: PlainRequest, signingDate: Date, expiresIn: number) => {
    const request = new HttpRequest({
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname.replace(/\/+$/, '') + path,
      headers: { ...headers },
      query,
    });
    await keyAtHand(signingDate);
    // Without being told, the presigner leaves the content type open.
    const signableHeaders = new Set(['host', ...Object.keys(headers)]);
    const signed = await presigner.presign(request, { signingDate, expiresIn, signableHeaders });
    return `${origin}${signed.path}?${formatQuery(signed.query ?? {})}`;
  };
}

/**
 * Has the signer derive the key of a day and credential once before any URL is signed with it. Left to itself it derives
 * one for each URL of a page that is signed at once and queues each for its cache of fifty, where every later entry drops
 * the key that all of them are: four HMACs more for each URL, for good.
 */
function createKeyAtHand(credentials: RememberedCredentials): (signingDate: Date) => Promise<unknown> {
  let kept: { name: string; key: Promise<unknown> } | undefined;
  return async (signingDate) => {
    const used = await credentials();
    const day = signingDate.toISOString().slice(0, 10).replaceAll('-', '');
    const name = `${day} ${used.accessKeyId} ${used.secretAccessKey}`;
    if (kept?.name !== name) kept = { name, key: getSigningKey(Sha256, used, day, region, 's3') };
    return await kept.key;
  };
}

/** Parameters in a fixed order, so that equal signatures make equal URLs and a browser's cache hits. */
function formatQuery(query: Record<string, string | string[] | null>): string {
  return Object.keys(query)
    .sort()
    .map((name) => `${encodeRfc3986(name)}=${encodeRfc3986(String(query[name] ?? ''))}`)
    .join('&');
}

/**
 * When a URL is signed. SigV4 knows whole seconds, so `fresh` is this second. `stable` is the start of the window the
 * second lies in; a window is as long as keeps `min(expiresInSeconds / 2, 300)` seconds of life at its end. One second
 * is the shortest window, so a life of one second is the same in both modes.
 */
function signingTime(now: Date, options: { expiresInSeconds: number; mode: 'fresh' | 'stable' }): Date {
  const { expiresInSeconds, mode } = options;
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > maxExpiresInSeconds) {
    throw new RangeError(`A presigned URL lives 1 to ${maxExpiresInSeconds} whole seconds, not ${expiresInSeconds}.`);
  }
  const windowSeconds =
    mode === 'fresh'
      ? 1
      : Math.max(1, Math.floor(expiresInSeconds - Math.min(expiresInSeconds / 2, maxRemainderSeconds)));
  const windowMs = windowSeconds * 1000;
  return new Date(Math.floor(now.getTime() / windowMs) * windowMs);
}

function endOf(signingDate: Date, expiresInSeconds: number): Date {
  return new Date(signingDate.getTime() + expiresInSeconds * 1000);
}
