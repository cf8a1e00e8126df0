/**
 * One request and its whole answer, in time. Uses of `fetch` only what every runtime has: Cloudflare's, for one, takes no
 * `redirect: 'error'` and no `credentials` (https://developers.cloudflare.com/workers/runtime-apis/request/).
 */
import { StowageError, type Told } from './errors.ts';
import { abortedBy } from './retry.ts';

export type Fetch = typeof globalThis.fetch;

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Blob | FormData | string | undefined;
  /** Milliseconds for the whole of it. */
  timeoutMs: number;
  signal: AbortSignal;
  /** The URL is signed, and an error of `fetch` might hold it. */
  secretUrl?: boolean;
}

/** Resolves with the answer, whatever its status. Rejects with `network_error`, `timeout` or `aborted`. */
export async function exchange(fetch: Fetch, request: Exchange): Promise<Told> {
  const { method, url, headers, body, timeoutMs, signal, secretUrl = false } = request;
  if (signal.aborted) throw abortedBy(signal);
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  // Not every replaced fetch heeds its signal, so that the wait for it ends by itself.
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, timeoutMs);
  signal.addEventListener('abort', onAbort);
  const send = async () => {
    // What redirects is no API, and a token does not follow.
    const init = {
      method,
      headers,
      redirect: 'manual' as const,
      signal: stop.signal,
      ...(body !== undefined && { body }),
    };
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  try {
    return await Promise.race([send(), stopped]);
  } catch (cause) {
    if (signal.aborted) throw abortedBy(signal);
    if (late) throw new StowageError('timeout', `No answer came within ${timeoutMs} ms.`, { details: { timeoutMs } });
    throw new StowageError('network_error', 'The server could not be reached. Check the connection and baseUrl.', {
      cause: secretUrl ? undefined : cause,
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
