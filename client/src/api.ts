import { noteDate } from './clock.ts';
import { errorOfAnswer, isStowageError, parseJson, StowageError } from './errors.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { defaultStallMs, watched } from './watch.ts';

export interface ApiOptions {
  /** Where the API is, like `https://chastify.net`. */
  baseUrl: string;
  /**
   * Headers that prove who calls, asked before every call: `authorization` with a user or session token, or a backend's
   * developer key and `x-chastify-main-token`. Where it rejects, that is tried again like a lost connection.
   */
  auth: () => Record<string, string> | Promise<Record<string, string>>;
  retry?: RetryOptions;
  /** How long a request may make no progress before it is given up and tried again, milliseconds. */
  stallMs?: number;
}

export interface Api {
  url(path: string): string;
  headers(): Promise<Record<string, string>>;
  stallMs: number;
  /** A call that is safe to repeat; resolves with the answer's JSON, undefined when it has none. */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>;
}

export interface CallOptions {
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Instead of the API's. */
  retry?: RetryOptions;
}

/** Calls the API with back-off. Rejects with a `StowageError`. */
export function createApi({ baseUrl, auth, retry = {}, stallMs = defaultStallMs }: ApiOptions): Api {
  const url = (path: string) => baseUrl.replace(/\/+$/, '') + path;

  async function headers(): Promise<Record<string, string>> {
    try {
      return { ...(await auth()) };
    } catch (cause) {
      if (isStowageError(cause)) throw cause;
      // What `fetch` throws, where a token is asked for on the way: the network may come back.
      if (cause instanceof TypeError) {
        throw new StowageError('network_error', 'Nothing could be sent: who calls is not known.', { cause });
      }
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StowageError('auth_failed', `Nothing was sent: the headers of the caller are missing. ${reason}`, {
        cause,
      });
    }
  }

  async function once(method: string, path: string, { json, headers: extra, signal }: CallOptions): Promise<unknown> {
    const sent = json === undefined ? undefined : JSON.stringify(json);
    const type: Record<string, string> = sent === undefined ? {} : { 'content-type': 'application/json' };
    const proof = await headers();
    const send = async (stop: AbortSignal) => {
      const response = await fetch(url(path), {
        method,
        headers: { ...proof, ...type, ...extra },
        ...(sent !== undefined && { body: sent }),
        signal: stop,
        credentials: 'omit',
        redirect: 'error',
      });
      noteDate(response.headers.get('date'));
      const retryAfter = response.headers.get('retry-after');
      return { status: response.status, text: await response.text(), retryAfter };
    };
    return successOf(await watched((watch) => send(watch.signal), { stallMs, signal }));
  }

  return {
    url,
    headers,
    stallMs,
    call: <T>(method: string, path: string, options: CallOptions = {}) =>
      withRetry(() => once(method, path, options), options.retry ?? retry, options.signal) as Promise<T>,
  };
}

/** The JSON of a success; throws the error of anything else. */
export function successOf(answer: { status: number; text: string; retryAfter: string | null }): unknown {
  if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(answer);
  const value = parseJson(answer.text);
  if (value === undefined && answer.status !== 204) throw errorOfAnswer(answer);
  return value;
}
