/** Requests to a stage as its callers send them, and what is expected of the answers. Nothing here knows a client. */
import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

/** What did not come out as it has to. The message says what was sent, what came, and what should have. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** A check that cannot be made here, and why. */
export class Skip extends Error {
  override readonly name = 'Skip';
}

export interface Told {
  /** How the request is called in messages: never a signed URL. */
  what: string;
  status: number;
  headers: Headers;
  bytes: Buffer<ArrayBuffer>;
  /** Parsed where it is JSON. */
  body: unknown;
}

export interface Ask {
  token?: string;
  /** The session token that a developer key goes with. */
  main?: string;
  json?: unknown;
  body?: FormData | Uint8Array<ArrayBuffer> | string;
  headers?: Record<string, string>;
  /** In place of one made for this request. */
  key?: string;
}

export interface Stage {
  baseUrl: string;
  ask(method: string, path: string, ask?: Ask): Promise<Told>;
  /** Anything that is not the API: the bucket, a public domain. `what` names it in messages. */
  open(what: string, url: string, init?: RequestInit): Promise<Told>;
  /** Tries until `check` does not reject, for what an instance or a queue may learn late. */
  eventually(seconds: number, check: () => Promise<void>): Promise<void>;
}

/** API Gateway answers after 30 seconds whatever happens. */
const answerMs = 40_000;

const tries = 4;
const longestPauseSeconds = 5;

/** Opens a stage. `signal` ends whatever is under way. */
export function openStage(baseUrl: string, prefix: string, signal: AbortSignal): Stage {
  const base = baseUrl.replace(/\/+$/, '');
  let requests = 0;

  async function open(what: string, url: string, init: RequestInit = {}): Promise<Told> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    try {
      const response = await fetch(url, { redirect: 'manual', ...init, signal: limit });
      const bytes = Buffer.from(await response.arrayBuffer());
      return { what, status: response.status, headers: response.headers, bytes, body: jsonOf(response.headers, bytes) };
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) throw new Mismatch(`${what}: no answer within ${answerMs / 1000} seconds`);
      const { cause } = error as { cause?: { code?: string; message?: string } };
      // The error of fetch itself may hold the URL.
      throw new Mismatch(`${what}: cannot be reached (${cause?.code ?? cause?.message ?? 'no connection'})`);
    }
  }

  return {
    baseUrl: base,
    open,
    async ask(method, path, { token, main, json, body, headers = {}, key } = {}) {
      requests += 1;
      const sent = {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(main !== undefined && { 'x-chastify-main-token': main }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...((method === 'POST' || method === 'PUT') && { 'idempotency-key': key ?? `${prefix}-${requests}` }),
        ...headers,
      };
      const content = json === undefined ? body : JSON.stringify(json);
      const init = { method, headers: sent, ...(content !== undefined && { body: content }) };
      for (let attempt = 1; ; attempt += 1) {
        const told = await open(`${method} ${path.split('?')[0]}`, base + path, init);
        const isBusy = told.status === 429 || codeOf(told) === 'temporarily_unavailable';
        if (!isBusy || attempt >= tries) return told;
        await sleep(
          1000 * Math.min(longestPauseSeconds, Number(told.headers.get('retry-after') ?? 1) || 1),
          undefined,
          {
            signal,
          },
        );
      }
    },
    async eventually(seconds, check) {
      const until = Date.now() + seconds * 1000;
      for (let pause = 250; ; pause = Math.min(2000, pause * 1.5)) {
        try {
          return await check();
        } catch (error) {
          if (!(error instanceof Mismatch) || Date.now() + pause > until) throw error;
        }
        await sleep(pause, undefined, { signal });
      }
    },
  };
}

function jsonOf(headers: Headers, bytes: Buffer): unknown {
  if (!headers.get('content-type')?.includes('json')) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

export const codeOf = ({ body }: Told): string | undefined => (body as { code?: string } | undefined)?.code;

const came = (told: Told) => {
  const requestId = (told.body as { requestId?: string } | undefined)?.requestId ?? told.headers.get('x-request-id');
  const code = codeOf(told);
  return `${told.status}${code === undefined ? '' : ` ${code}`}${requestId ? ` (request ${requestId})` : ''}`;
};

/** The body of an answer of this status. Throws `Mismatch`. */
export function done<T = Record<string, unknown>>(told: Told, status = 200): T {
  if (told.status !== status) throw new Mismatch(`${told.what}: expected ${status}, got ${came(told)}`);
  return told.body as T;
}

/** A refusal in the one error body; its details. Throws `Mismatch`. */
export function refused(told: Told, status: number, code: string): Record<string, unknown> {
  if (told.status !== status || codeOf(told) !== code) {
    throw new Mismatch(`${told.what}: expected ${status} ${code}, got ${came(told)}`);
  }
  const { status: word, message, requestId, details = {} } = told.body as Record<string, unknown>;
  that(word === 'error' && typeof message === 'string' && message !== '', `${told.what}: the refusal has no message`);
  that(typeof requestId === 'string' && requestId !== '', `${told.what}: the refusal has no requestId`);
  return details as Record<string, unknown>;
}

/** Throws `Mismatch` with these words unless it holds. */
export function that(holds: boolean, otherwise: string): void {
  if (!holds) throw new Mismatch(otherwise);
}
