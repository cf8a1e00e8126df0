/**
 * One HTTP exchange with upload progress. Browsers tell it through XMLHttpRequest only; Node counts what it hands to
 * `fetch`. Written against neither's library types, so that it compiles for both.
 */
import { StowageError } from './errors.ts';
import { throwIfAborted } from './retry.ts';

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Blob | FormData;
  /** Of the whole body, headers of a form's parts included. */
  onSent: (sentBytes: number) => void;
  signal?: AbortSignal | undefined;
  /** Bytes after which an abort comes too late: the answer is awaited, so that the caller knows what to undo. */
  keepFrom?: number;
}

export interface Answer {
  status: number;
  text: string;
  header(name: string): string | null;
}

interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  status: number;
  responseText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: Blob | FormData): void;
  abort(): void;
}

/** Sends and resolves with the answer, whatever its status. Rejects with `network_error` or `aborted`. */
export async function exchange(request: Exchange): Promise<Answer> {
  const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Xhr };
  throwIfAborted(request.signal);
  const stop = new AbortController();
  let sent = 0;
  const onSent = (bytes: number) => {
    sent = bytes;
    request.onSent(bytes);
  };
  const abort = () => {
    if (sent < (request.keepFrom ?? Number.POSITIVE_INFINITY)) stop.abort();
  };
  request.signal?.addEventListener('abort', abort);
  try {
    const via = { ...request, onSent, signal: stop.signal };
    return await (XMLHttpRequest ? viaXhr(new XMLHttpRequest(), via) : viaFetch(via));
  } catch (cause) {
    if (stop.signal.aborted) throwIfAborted(request.signal);
    throw new StowageError('network_error', 'The server could not be reached. Check the connection.', { cause });
  } finally {
    request.signal?.removeEventListener('abort', abort);
  }
}

type Via = Exchange & { signal: AbortSignal };

function viaXhr(xhr: Xhr, { method, url, headers, body, onSent, signal }: Via): Promise<Answer> {
  return new Promise((resolve, reject) => {
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = () =>
      resolve({ status: xhr.status, text: xhr.responseText, header: (name) => xhr.getResponseHeader(name) });
    xhr.onerror = () => reject(new Error('The request failed'));
    xhr.onabort = () => reject(new Error('The request was aborted'));
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(body);
  });
}

async function viaFetch({ method, url, headers, body, onSent, signal }: Via): Promise<Answer> {
  const encoded = new Response(body);
  const type = encoded.headers.get('content-type');
  const bytes = await encoded.blob();
  let sent = 0;
  const counted = bytes.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.byteLength;
        onSent(sent);
        controller.enqueue(chunk);
      },
    }),
  );
  const answer = await fetch(url, {
    method,
    // A stream has no length of its own, and a presigned PUT has to have one.
    headers: { ...(type !== null && { 'content-type': type }), ...headers, 'content-length': `${bytes.size}` },
    body: counted,
    duplex: 'half',
    redirect: 'error',
    signal,
  } as RequestInit);
  return { status: answer.status, text: await answer.text(), header: (name) => answer.headers.get(name) };
}
