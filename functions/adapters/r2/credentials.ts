/** R2 credentials, read once an instance and read again only after R2 refused them. */
import { type Clock, ObjectStoreError } from '#core/files/ports.ts';

export interface R2Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Where credentials come from. A source with `invalidate` does its own caching (see `rememberCredentials`); a bare
 * function is remembered by whoever uses it, so neither is asked once a request.
 */
export interface CredentialSource {
  (): Promise<R2Credentials>;
  /** R2 refused the credentials: they may have been rotated, so the next call may read them anew. */
  invalidate?(): void;
}

export type RememberedCredentials = CredentialSource & { invalidate(): void };

/** How long refused credentials are kept before they are read again, so that a wrong secret is no request storm. */
const refreshAfterMs = 5 * 60_000;

/**
 * Wraps a fetch of credentials so that it runs once: callers at the same time share one promise, a failed fetch is
 * forgotten, and `invalidate` takes effect only when the credentials are older than five minutes.
 * Rejects with `ObjectStoreError` (`unavailable` unless the fetch said otherwise).
 */
export function rememberCredentials(
  fetchCredentials: () => Promise<R2Credentials>,
  clock: Clock = { now: () => new Date() },
): RememberedCredentials {
  let current: Promise<R2Credentials> | undefined;
  let fetchedAt = 0;

  function start(): Promise<R2Credentials> {
    fetchedAt = clock.now().getTime();
    const started = fetchCredentials().catch((cause: unknown) => {
      if (current === started) {
        current = undefined;
      }
      if (cause instanceof ObjectStoreError) {
        throw cause;
      }
      throw new ObjectStoreError('unavailable', 'The R2 credentials could not be read.', { cause });
    });
    return started;
  }

  const source = (): Promise<R2Credentials> => {
    current ??= start();
    return current;
  };
  const invalidate = (): void => {
    if (clock.now().getTime() - fetchedAt >= refreshAfterMs) {
      current = undefined;
    }
  };
  return Object.assign(source, { invalidate });
}

const rememberedBySource = new WeakMap<CredentialSource, RememberedCredentials>();

/**
 * The caching form of any source. The same function gives the same cache, so a store, a signer and a lister made from
 * one configuration fetch once together, and what one of them invalidates the others forget too.
 */
export function sharedCredentials(source: CredentialSource, clock?: Clock): RememberedCredentials {
  if (source.invalidate) {
    return source as RememberedCredentials;
  }
  let remembered = rememberedBySource.get(source);
  if (!remembered) {
    remembered = rememberCredentials(source, clock);
    rememberedBySource.set(source, remembered);
  }
  return remembered;
}
