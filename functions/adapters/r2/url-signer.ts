/** Presigned URLs: the bytes go between client and R2, and never through a function. */
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import { objectPath, type R2Config } from './config.ts';
import { createRequestSigner } from './signing.ts';

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
  const signer = createRequestSigner(config);

  return {
    async presignGet(ref, { expiresInSeconds, mode, contentDisposition, contentType }) {
      const signingDate = signingTime(config.clock.now(), { expiresInSeconds, mode });
      const url = await signer.presign(
        {
          method: 'GET',
          path: objectPath(config, ref),
          headers: {},
          query: {
            ...(contentDisposition !== undefined && { 'response-content-disposition': contentDisposition }),
            ...(contentType !== undefined && { 'response-content-type': contentType }),
          },
        },
        { signingDate, expiresInSeconds },
      );
      return { url, expiresAt: endOf(signingDate, expiresInSeconds) };
    },

    async presignPut(ref, { contentType, contentLength, expiresInSeconds }) {
      const signingDate = signingTime(config.clock.now(), { expiresInSeconds, mode: 'fresh' });
      // All of them are in SignedHeaders, so R2 refuses another type, another length, or a second write.
      const headers = { 'content-type': contentType, 'content-length': String(contentLength), 'if-none-match': '*' };
      const url = await signer.presign(
        { method: 'PUT', path: objectPath(config, ref), headers },
        { signingDate, expiresInSeconds },
      );
      return { url, expiresAt: endOf(signingDate, expiresInSeconds), headers };
    },
  };
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
