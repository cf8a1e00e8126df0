/** Calls of the API: typed by its document, proved, repeated under one Idempotency-Key, ended by signals. */
import { isStowageError, jsonOf, refusalOf, StowageError } from './errors.ts';
import { exchange, type Fetch } from './exchange.ts';
import type { AnswerOf, Method, Operation, PathOf, RequestOf, Schemas } from './operations.ts';
import { repeated } from './retry.ts';

export interface ClientOptions {
  /** Where the API is, like `https://files.example.com`. */
  baseUrl: string;
  /** In place of the runtime's own. */
  fetch?: Fetch;
  /** How often a call is sent again at most, 6 unless told; with the pauses between, nine seconds at least. 0 for never. */
  retries?: number;
  /** Milliseconds for one try of a call, 40,000 unless told: API Gateway answers after 30 seconds whatever happens. */
  timeoutMs?: number;
  /** Ends every call of this client, as on shutdown. */
  signal?: AbortSignal;
}

export interface CallOptions {
  /** Ends this call. `AbortSignal.timeout(ms)` limits it as a whole, tries and pauses together. */
  signal?: AbortSignal;
  timeoutMs?: number;
  /**
   * Instead of one made for this call: what was once done under it is not done again for a day, not even by another process
   * that takes the same work up. It gets the first answer; of a direct upload that was completed, `idempotency_key_reused`.
   */
  idempotencyKey?: string;
}

/** A secret for `Authorization: Bearer`, or how to get a fresh one; asked before every try. */
export type Token = string | (() => string | Promise<string>);

export interface Caller {
  /** Rejects with a `StowageError`. */
  call<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    request: RequestOf<Operation<M, P>>,
    options?: CallOptions,
  ): Promise<AnswerOf<Operation<M, P>>>;
  /** PUTs the bytes of a direct upload into the bucket. Rejects with `upload_refused` where it does not take them. */
  put(offer: Schemas['PresignedUpload'], bytes: Blob, options?: CallOptions): Promise<void>;
}

/** A PUT of 100 MB takes its time, and its URL works for 600 seconds. */
const putTimeoutMs = 600_000;

/** What a request is, whichever operation it is of. */
interface AnyRequest {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  json?: unknown;
  form?: FormData;
  csv?: Blob;
}

/** Makes the calls of one client. `proof` are the headers that say who calls. */
export function createCaller(client: ClientOptions, proof: () => Promise<Record<string, string>>): Caller {
  const { retries = 6, timeoutMs = 40_000 } = client;
  // Called as a function of its own: runtimes refuse a fetch whose `this` is something else.
  const fetch: Fetch = client.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const base = client.baseUrl.replace(/\/+$/, '');

  async function ask(method: Method, path: string, request: AnyRequest, options: CallOptions = {}): Promise<unknown> {
    const url = base + addressOf(path, request);
    const { body, headers: ofBody } = bodyOf(request);
    const headers = { ...ofBody, ...keyOf(method, options) };
    return await limited([client.signal, options.signal], (signal) =>
      repeated(
        async (attempt) => {
          const sent = { method: method.toUpperCase(), url, body, signal, timeoutMs: options.timeoutMs ?? timeoutMs };
          const told = await exchange(fetch, { ...sent, headers: { ...headers, ...(await proof()) } });
          // The try whose answer was lost deleted it.
          if (method === 'delete' && attempt.repeated && told.status === 404) return undefined;
          if (told.status < 200 || told.status > 299) throw refusalOf(told);
          const answer = jsonOf(told.text);
          if (answer === undefined && told.status !== 204) throw refusalOf(told);
          return answer;
        },
        { retries, signal },
      ),
    );
  }

  return {
    call: ask as unknown as Caller['call'],
    put: ({ uploadUrl: url, headers }, body, options = {}) =>
      limited([client.signal, options.signal], (signal) =>
        repeated(
          async () => {
            const sent = { method: 'PUT', url, headers, body, signal, secretUrl: true };
            const told = await exchange(fetch, { ...sent, timeoutMs: options.timeoutMs ?? putTimeoutMs });
            if (told.status >= 200 && told.status < 300) return;
            const message = `The bucket answered ${told.status}. Declare the upload again, and send what is declared.`;
            throw new StowageError('upload_refused', message, { status: told.status });
          },
          { retries, signal },
        ),
      ),
  };
}

/** The path with its parameters in it, and the query. Throws `TypeError` for an id that would name another path. */
function addressOf(template: string, { path = {}, query = {} }: AnyRequest): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id = path[name];
    // `.` and `..` survive percent-encoding (https://url.spec.whatwg.org/#double-dot-path-segment).
    if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new TypeError(`${name} is missing, or no id.`);
    return encodeURIComponent(id);
  });
  const told = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return told.length === 0 ? filled : `${filled}?${new URLSearchParams(told)}`;
}

function bodyOf({ json, form, csv }: AnyRequest): {
  body?: Blob | FormData | string;
  headers?: Record<string, string>;
} {
  if (form !== undefined) return { body: form };
  if (csv !== undefined) return { body: csv, headers: { 'content-type': 'text/csv' } };
  return json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
}

/** One key for all tries of a call, so that a late one undoes nothing. What is only read needs none. */
function keyOf(method: Method, { idempotencyKey }: CallOptions): Record<string, string> {
  if (method === 'get') return {};
  const key = idempotencyKey ?? crypto.randomUUID();
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new TypeError('An Idempotency-Key has 1 to 255 printable characters.');
  return { 'idempotency-key': key };
}

/**
 * The value of a token; where it cannot be fetched, that passes like a lost connection. Throws `TypeError` for what no header
 * can carry, and does not show it: the error of `fetch` would have the secret in its message.
 */
export async function secretOf(token: Token): Promise<string> {
  const value = typeof token === 'function' ? await fetched(token) : token;
  if (typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)) return value;
  throw new TypeError('A token is missing, or has a space or a line break in it.');
}

async function fetched(token: () => string | Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (cause) {
    if (isStowageError(cause)) throw cause;
    throw new StowageError('network_error', 'Nothing was sent: the token could not be fetched.', { cause });
  }
}

/** Runs with one signal that ends when any of them does. (`AbortSignal.any` came with Node 20.3.) */
async function limited<T>(signals: (AbortSignal | undefined)[], run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const either = new AbortController();
  const given = signals.filter((signal) => signal !== undefined);
  const forward = () => either.abort(given.find(({ aborted }) => aborted)?.reason);
  for (const signal of given) signal.addEventListener('abort', forward);
  if (given.some(({ aborted }) => aborted)) forward();
  try {
    return await run(either.signal);
  } finally {
    for (const signal of given) signal.removeEventListener('abort', forward);
  }
}
