/**
 * One HTTP exchange with upload progress. Browsers tell it through XMLHttpRequest only; Node counts what it hands to
 * `fetch`. Written against neither's library types, so that it compiles for both.
 */
import { type Watch, watched } from './watch.ts';

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Blob | FormData;
  /** Of the whole body, headers of a form's parts included. */
  onSent: (sentBytes: number) => void;
  signal?: AbortSignal | undefined;
  /** Ends the exchange when no byte moved for so long, milliseconds. */
  stallMs: number;
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
  let sent = 0;
  const send = ({ signal, alive }: Watch) => {
    const onSent = (bytes: number) => {
      if (bytes > sent) alive();
      sent = bytes;
      if (!signal.aborted) request.onSent(bytes);
    };
    const via = { ...request, onSent, signal };
    return XMLHttpRequest ? viaXhr(new XMLHttpRequest(), via) : viaFetch(via);
  };
  const mayAbort = () => sent < (request.keepFrom ?? Number.POSITIVE_INFINITY);
  return watched(send, { stallMs: request.stallMs, signal: request.signal, mayAbort });
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

/** Where nothing but `fetch` is. Browsers' workers may send no stream over HTTP/1.1 and no length: they tell the end only. */
async function viaFetch({ method, url, headers, body, onSent, signal }: Via): Promise<Answer> {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  const isNode = process?.versions?.node !== undefined;
  const sent = isNode ? await counted(body, onSent) : { body, headers: {} };
  const all = { ...sent.headers, ...headers };
  const answer = await fetch(url, { method, redirect: 'error', signal, ...sent, headers: all } as RequestInit);
  const text = await answer.text();
  if (!isNode) onSent(Number.POSITIVE_INFINITY);
  return { status: answer.status, text, header: (name) => answer.headers.get(name) };
}

/** Bytes that Node is handed at a time: small enough for progress to be seen, and a whole Blob comes in one piece otherwise. */
const pieceBytes = 64 * 1024;

/** A body that tells how much of it was taken: a piece counts when the next one is asked for. */
async function counted(body: Blob | FormData, onSent: Exchange['onSent']) {
  const encoded = new Response(body);
  const type = encoded.headers.get('content-type');
  const bytes = await encoded.blob();
  let at = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (at > 0) onSent(at);
    const piece = bytes.slice(at, at + pieceBytes);
    at += piece.size;
    if (piece.size > 0) controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
    else controller.close();
  };
  return {
    body: new ReadableStream({ pull }, { highWaterMark: 0 }),
    duplex: 'half',
    // A stream has no length of its own, and a presigned PUT has to have one.
    headers: { ...(type !== null && { 'content-type': type }), 'content-length': `${bytes.size}` },
  };
}
