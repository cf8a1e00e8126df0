/**
 * R2 credentials as an instance holds them: read once for all callers, kept for five minutes at most, so that a
 * function which only signs, and never hears R2 refuse, follows a rotation too. Refused credentials are read again at
 * once; when they cannot be read the old ones serve on, for hours but not for ever.
 */
import { type Clock, ObjectStoreError } from '#core/files/ports.ts';
import { systemClock } from './config.ts';

export interface R2Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Where credentials come from. A source with `refused` does its own keeping (see `rememberCredentials`); a bare
 * function is remembered by whoever uses it, so neither is asked once a request.
 */
export interface CredentialSource {
  (): Promise<R2Credentials>;
  /** R2 refused these credentials: gives others when there are others by now, else the same. */
  refused?(used: R2Credentials): Promise<R2Credentials>;
}

export type RememberedCredentials = Required<Pick<CredentialSource, 'refused'>> & (() => Promise<R2Credentials>);

export interface CredentialLife {
  /** Seconds credentials are used without asking again. Default 300: the wait in the rotation's runbook. */
  seconds?: number | undefined;
  /** Told of every reading that failed while older credentials serve on. */
  onStale?: ((error: unknown) => void) | undefined;
  clock?: Clock | undefined;
}

const defaultLifeSeconds = 300;
/** How long credentials that cannot be read again serve on. Beyond that nobody knows whether they should. */
const staleForMs = 6 * 3_600_000;
/** Between two tries to read that failed, or two readings because of refusals: a wrong secret is no request storm. */
const coolDownMs = 15_000;
/** How long a caller who could go on with the old credentials waits for new ones. */
const patienceMs = 1_500;

/**
 * Wraps a fetch of credentials: callers at the same time share one promise. Rejects with `ObjectStoreError`
 * (`unavailable` unless the fetch said otherwise) only when there are no credentials to go on with.
 */
export function rememberCredentials(
  fetchCredentials: () => Promise<R2Credentials>,
  { seconds = defaultLifeSeconds, onStale, clock = systemClock }: CredentialLife = {},
): RememberedCredentials {
  let held: { credentials: R2Credentials; readAt: number } | undefined;
  let reading: Promise<R2Credentials> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let refusedAt = Number.NEGATIVE_INFINITY;
  const now = () => clock.now().getTime();

  function read(): Promise<R2Credentials> {
    if (reading) return reading;
    // What is read is at least as new as the moment the question was put.
    const readAt = now();
    const started = fetchCredentials().then(
      (credentials) => {
        held = { credentials, readAt };
        reading = undefined;
        return credentials;
      },
      (cause: unknown) => {
        failedAt = now();
        reading = undefined;
        throw cause instanceof ObjectStoreError
          ? cause
          : new ObjectStoreError('unavailable', 'The R2 credentials could not be read.', { cause });
      },
    );
    reading = started;
    return started;
  }

  /** New credentials when they come soon, else the old ones; a reading under way is kept when it lands later. */
  async function readOr(old: R2Credentials): Promise<R2Credentials> {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<R2Credentials>((resolve) => {
      timer = setTimeout(() => resolve(old), patienceMs);
    });
    const fresh = read().catch((error: unknown) => {
      onStale?.(error);
      return old;
    });
    return await Promise.race([fresh, waited]).finally(() => clearTimeout(timer));
  }

  const source = async (): Promise<R2Credentials> => {
    if (!held) return await read();
    const age = now() - held.readAt;
    if (age < seconds * 1000) return held.credentials;
    if (age >= seconds * 1000 + staleForMs) return await read();
    return now() - failedAt < coolDownMs ? held.credentials : await readOr(held.credentials);
  };
  const refused = async (used: R2Credentials): Promise<R2Credentials> => {
    if (!held) return await read();
    if (!sameCredentials(held.credentials, used)) return held.credentials;
    const cooling = now() - Math.max(refusedAt, failedAt) < coolDownMs;
    if (cooling && !reading) return held.credentials;
    refusedAt = now();
    return await readOr(held.credentials);
  };
  return Object.assign(source, { refused });
}

export function sameCredentials(a: R2Credentials, b: R2Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey;
}

const rememberedBySource = new WeakMap<CredentialSource, RememberedCredentials>();

/**
 * The remembering form of any source. The same function gives the same memory, so a store, a signer and a lister made
 * from one configuration fetch once together, and what one of them learns the others know too.
 */
export function sharedCredentials(source: CredentialSource, clock?: Clock): RememberedCredentials {
  if (source.refused) return source as RememberedCredentials;
  let remembered = rememberedBySource.get(source);
  if (!remembered) {
    remembered = rememberCredentials(source, { clock });
    rememberedBySource.set(source, remembered);
  }
  return remembered;
}
