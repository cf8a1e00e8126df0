import { errorOfAnswer, parseJson, StowageError } from './errors.ts';
import { type RetryOptions, throwIfAborted, withRetry } from './retry.ts';

export interface ApiOptions {
  /** Where the API is, like `https://chastify.net`. */
  baseUrl: string;
  /**
   * Headers that prove who calls, asked before every call: `authorization` with a user or session token, or a backend's
   * developer key and `x-chastify-main-token`.
   */
  auth: () => Record<string, string> | Promise<Record<string, string>>;
  retry?: RetryOptions;
}

export interface Api {
  url(path: string): string;
  headers(): Promise<Record<string, string>>;
  /** A call that is safe to repeat; resolves with the answer's JSON, undefined when it has none. */
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>;
}

export interface CallOptions {
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Calls the API with back-off. Rejects with a `StowageError`. */
export function createApi({ baseUrl, auth, retry = {} }: ApiOptions): Api {
  const url = (path: string) => baseUrl.replace(/\/+$/, '') + path;
  const headers = async () => ({ ...(await auth()) });

  async function once(method: string, path: string, { json, headers: extra, signal }: CallOptions): Promise<unknown> {
    const sent = json === undefined ? undefined : JSON.stringify(json);
    const type: Record<string, string> = sent === undefined ? {} : { 'content-type': 'application/json' };
    let answer: { status: number; text: string; retryAfter: string | null };
    try {
      const response = await fetch(url(path), {
        method,
        headers: { ...(await headers()), ...type, ...extra },
        ...(sent !== undefined && { body: sent }),
        ...(signal && { signal }),
        credentials: 'omit',
        redirect: 'error',
      });
      const { status } = response;
      answer = { status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
    } catch (cause) {
      throwIfAborted(signal);
      throw new StowageError('network_error', 'The server could not be reached. Check the connection.', { cause });
    }
    return successOf(answer);
  }

  return {
    url,
    headers,
    call: <T>(method: string, path: string, options: CallOptions = {}) =>
      withRetry(() => once(method, path, options), retry, options.signal) as Promise<T>,
  };
}

/** The JSON of a success; throws the error of anything else. */
export function successOf(answer: { status: number; text: string; retryAfter: string | null }): unknown {
  if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(answer);
  const value = parseJson(answer.text);
  if (value === undefined && answer.status !== 204) throw errorOfAnswer(answer);
  return value;
}
