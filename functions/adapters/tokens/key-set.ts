/**
 * The issuer's public keys, as an instance remembers them. `jose` reads and picks them; when to ask for them is decided
 * here, since `jose`'s own remote set refuses every token once its keys are ten minutes old and the key server is away,
 * and asks the server again for each unknown key id while it is.
 */
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { requestKeys } from './key-request.ts';

export interface KeySetOptions {
  jwksUrl: string;
  /** Seconds after a fetch in which neither age nor an unknown key id starts another. */
  cooldownSeconds: number;
  /** Seconds for which keys are trusted that could not be fetched again. */
  maxStaleSeconds: number;
  /** Epoch milliseconds. */
  now: () => number;
}

/** The key server is needed and cannot be had. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

const freshMs = 10 * 60_000;
/** Pause after the first failed fetch; doubled with each further one, to the cool-down. */
const firstPauseMs = 1_000;
/**
 * How long requests wait for keys that are only old, counted from the beginning of the fetch. A key server in health answers in less; and it is waited for at
 * all because Lambda freezes an instance after its answer, so that a fetch in the background alone might never end.
 */
const patienceMs = 500;

/**
 * Finds the key of a token. Keys are fetched when first needed, once for all callers at the same time, and again when
 * they are ten minutes old or a token names one that is not among them (rotation); what the issuer took out of its set
 * is gone with the next fetch that succeeds. While fetches fail the known keys serve on for `maxStaleSeconds`, and the
 * server is asked again after pauses of one second up to the cool-down, so that neither an outage nor a stream of unknown
 * key ids costs requests their time or the server its breath.
 * Rejects with `JWKSNoMatchingKey` only on the word of a fetch within the cool-down, else with `KeysUnavailableError`.
 */
export function createKeySet({ jwksUrl, cooldownSeconds, maxStaleSeconds, now }: KeySetOptions): JWTVerifyGetKey {
  const url = new URL(jwksUrl);
  let keys: JWTVerifyGetKey | undefined;
  const cooldownMs = cooldownSeconds * 1000;
  let fetches = 0;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let lastFailure: unknown;
  let nextTryAt = Number.NEGATIVE_INFINITY;
  let pending: { done: Promise<void>; startedAt: number } | undefined;

  /** Never rejects; tells by `fetches` whether it succeeded. */
  async function reload(): Promise<void> {
    try {
      keys = createLocalJWKSet(await requestKeys(url));
      failures = 0;
      fetches += 1;
      fetchedAt = now();
      nextTryAt = fetchedAt + cooldownMs;
    } catch (error) {
      failures += 1;
      lastFailure = error;
      nextTryAt = now() + Math.min(cooldownMs, firstPauseMs * 2 ** (failures - 1));
    } finally {
      pending = undefined;
    }
  }

  /** The fetch under way, or a new one unless one ended a short while ago. */
  function refresh(): { done: Promise<void>; startedAt: number } | undefined {
    if (pending === undefined && now() >= nextTryAt) pending = { done: reload(), startedAt: performance.now() };
    return pending;
  }

  async function refreshPatiently(): Promise<void> {
    const fetching = refresh();
    if (fetching) await atMost(patienceMs - (performance.now() - fetching.startedAt), fetching.done);
  }

  const usable = () => now() - fetchedAt < maxStaleSeconds * 1000;
  const unavailable = () => new KeysUnavailableError('The key server does not answer.', { cause: lastFailure });

  return async (header, token) => {
    if (!usable()) await refresh()?.done;
    else if (now() - fetchedAt >= freshMs) await refreshPatiently();
    if (!usable() || keys === undefined) throw unavailable();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The last fetch says that there is no such key, and it was a moment ago.
      if (failures === 0 && now() < nextTryAt && pending === undefined) throw error;
      const before = fetches;
      await refresh()?.done;
      if (fetches === before) throw unavailable();
      return await keys(header, token);
    }
  };
}

/** Resolves with the promise or after the time, whichever comes first. */
async function atMost(milliseconds: number, promise: Promise<void>): Promise<void> {
  if (milliseconds <= 0) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
