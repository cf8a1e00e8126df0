/**
 * The iframe's side of the bridge: an extension asks, the page around it answers. The page keeps every token; what
 * arrives here are files with short-lived links (docs/contract.md, "The iframe bridge").
 */
import {
  type ActionMap,
  type BridgeActions,
  type BridgeContext,
  channel,
  type FromFrame,
  type FromParent,
  readMessage,
  requireOrigin,
  type SentError,
} from './bridge-messages.ts';
import { noteAhead } from './clock.ts';
import { type ErrorCode, StowageError } from './errors.ts';
import { isWholeList, wholeList } from './pages.ts';
import type { Progress } from './types.ts';

export type {
  ActionMap,
  BridgeActions,
  BridgeContext,
  RuntimeContext,
  SetupContext,
  UploadPayload,
} from './bridge-messages.ts';
export * from './errors.ts';
export type * from './types.ts';

export interface BridgeOptions {
  /** The one page that may embed this extension, like `https://chastify.net`. Nothing is sent to any other. */
  parentOrigin: string;
  /** Milliseconds a request waits for a sign of life unless it says otherwise. */
  timeoutMs?: number;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** Of `files.upload`. */
  onProgress?: (progress: Progress) => void;
}

export interface Bridge<Actions extends ActionMap> {
  /**
   * Resolves once the parent page has answered; rejects with `bridge_timeout` when it does not in time. Requests go on
   * waiting for it, each for its own time: a page may be slow, or in a background tab.
   */
  readonly ready: Promise<BridgeContext>;
  /**
   * Asks the parent page. A list is answered whole, in as many messages as it takes, unless a `limit` or a `cursor` asks
   * for one page of it. `timeoutMs` is how long it may show no sign of life (an answer, or an upload's progress).
   * Rejects with a `StowageError`: the API's own codes, `bridge_timeout`, `bridge_closed`, `aborted`, or a refusal
   * that says why (`not_available_at_runtime`, `unknown_action`, ...).
   */
  request<A extends keyof Actions & string>(
    action: A,
    payload: Actions[A]['payload'],
    timeoutMs?: number,
    options?: RequestOptions,
  ): Promise<Actions[A]['result']>;
  /** Ends all pending requests with `bridge_closed` and stops listening. Idempotent. */
  dispose(): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  progress(progress: Progress): void;
}

/** Greetings until the parent answers, milliseconds after the one before: its host may start later than the iframe. */
const greetings = [0, 50, 150, 400, 900, 1500, 2500, 4000];

/** And after them, for as long as nobody answers. */
const patientMs = 4000;

/**
 * Connects to the page around this iframe. Messages of other windows and other origins are ignored; nothing is sent
 * unless the parent really has `parentOrigin`. Throws TypeError when that is no origin.
 */
export function createBridge<Actions extends ActionMap = BridgeActions>(
  options: BridgeOptions,
): Bridge<Actions & BridgeActions> {
  const parentOrigin = requireOrigin(options.parentOrigin);
  const { timeoutMs: defaultTimeoutMs = 10_000 } = options;
  const frame = window;
  const { parent } = frame;
  const client = randomName();
  const pending = new Map<string, Pending>();
  const { promise: ready, resolve: meet, reject: fail } = Promise.withResolvers<BridgeContext>();
  const { promise: met, resolve: begin } = Promise.withResolvers<void>();
  // Whoever makes requests only must not meet an unhandled rejection; awaiting `ready` still rejects.
  ready.catch(() => undefined);
  let requests = 0;
  let over: StowageError | undefined;
  let greeting: ReturnType<typeof setTimeout> | undefined;

  const post = (message: FromFrame) => parent.postMessage({ channel, ...message }, parentOrigin);

  function greet(attempt = 0): void {
    const isLate = attempt === greetings.length;
    const later = () => {
      if (isLate) fail(timedOut('The parent page did not answer', defaultTimeoutMs));
      post({ type: 'hello', client });
      greet(attempt + 1);
    };
    greeting = setTimeout(later, greetings[attempt] ?? (isLate ? defaultTimeoutMs : patientMs));
  }

  function receive({ source, origin, data }: MessageEvent): void {
    if (source !== parent || origin !== parentOrigin) return;
    const message = readMessage<FromParent>(data);
    if (message?.type === 'init' && message.context) {
      clearTimeout(greeting);
      meet(message.context);
      begin();
    } else if (message?.type === 'refused' && message.error) end(errorOf(message.error));
    else if (message?.type === 'closed') end(closed('The parent page closed the bridge'));
    else if (message && 'id' in message && typeof message.id === 'string') settle(pending.get(message.id), message);
  }

  function settle(request: Pending | undefined, message: Partial<FromParent>): void {
    if (message.type === 'result') {
      noteAhead(message.aheadMs);
      request?.resolve(message.result);
    }
    if (message.type === 'progress') {
      request?.progress({ sentBytes: message.sentBytes ?? 0, totalBytes: message.totalBytes ?? 0 });
    }
    if (message.type === 'error' && message.error) request?.reject(errorOf(message.error));
  }

  function end(reason: StowageError): void {
    over ??= reason;
    clearTimeout(greeting);
    frame.removeEventListener('message', receive);
    fail(over);
    for (const request of pending.values()) request.reject(over);
  }

  function ask(action: string, payload: unknown, timeoutMs: number, options: RequestOptions): Promise<unknown> {
    const { signal, onProgress } = options;
    requests += 1;
    const id = `${client}.${requests}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const giveUp = (error: StowageError) => {
      reject(error);
      if (!over) post({ type: 'cancel', id });
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp(timedOut(`${action} was not answered`, timeoutMs)), timeoutMs);
    };
    const abort = () => giveUp(new StowageError('aborted', `${action} was aborted`, { cause: signal?.reason }));
    const progress = (sent: Progress) => {
      wait();
      onProgress?.(sent);
    };

    pending.set(id, { resolve, reject, progress });
    if (over) reject(over);
    else if (signal?.aborted) abort();
    else {
      signal?.addEventListener('abort', abort);
      wait();
      // A request that has ended by the time the two sides meet must not be sent after all.
      met.then(() => {
        try {
          if (pending.has(id)) post({ type: 'request', id, action, payload });
        } catch (cause) {
          const text = `${action} takes what can be copied to another window: plain data and files, no functions or proxies.`;
          reject(new StowageError('invalid_payload', text, { cause }));
        }
      });
    }
    return promise.finally(() => {
      pending.delete(id);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  }

  frame.addEventListener('message', receive);
  greet();

  return {
    ready,
    request(action, payload, timeoutMs = defaultTimeoutMs, options = {}) {
      const one = (page: object) => ask(action, { ...(payload as object), ...page }, timeoutMs, options);
      const whole = isWholeList(action, payload) ? wholeList(one) : ask(action, payload, timeoutMs, options);
      return whole as Promise<never>;
    },
    dispose() {
      if (over) return;
      for (const id of pending.keys()) post({ type: 'cancel', id });
      end(closed('The bridge was disposed'));
    },
  };
}

const closed = (reason: string) => new StowageError('bridge_closed', reason);

function errorOf({ code, message, ...facts }: SentError): StowageError {
  return new StowageError(code as ErrorCode, message, facts);
}

function timedOut(what: string, timeoutMs: number): StowageError {
  return new StowageError('bridge_timeout', `${what} within ${timeoutMs} ms.`, { details: { timeoutMs } });
}

/** Not guessable, so that an answer meant for another document of this frame settles nothing here. */
function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join('');
}
