/**
 * The page's side of the bridge: answers one extension iframe, and makes the API calls for it with a token that the
 * iframe never sees. What may be asked depends on the mode (docs/contract.md, "The iframe bridge").
 */
import {
  type BridgeContext,
  channel,
  type FromFrame,
  type FromParent,
  readMessage,
  requireOrigin,
} from './bridge-messages.ts';
import { type Call, runtimeActions, setupActions } from './bridge-routes.ts';
import { aheadMs } from './clock.ts';
import { isStowageError, StowageError } from './errors.ts';
import type { Progress, UploadAnswer } from './types.ts';

export type { BridgeContext, RuntimeContext, SetupContext } from './bridge-messages.ts';
export type { Call } from './bridge-routes.ts';
export * from './errors.ts';
export type * from './types.ts';

/** Stages one file: `createUploader(...).upload` is made for it. */
export type Stage = (
  file: Blob,
  options: {
    filename?: string;
    purpose?: string;
    draftId: string;
    signal: AbortSignal;
    onProgress: (progress: Progress) => void;
  },
) => Promise<UploadAnswer>;

/** An action of the platform's own, beside the bridge's: takes what the iframe sent, gives what it is answered. */
export type OwnAction = (payload: unknown, call: { signal: AbortSignal }) => unknown;

export interface BridgeHostOptions {
  frame: HTMLIFrameElement;
  /** The extension's origin. When the frame shows a page of any other, that page is neither heard nor told anything. */
  origin: string;
  context: BridgeContext;
  api: {
    /** Where the API is, like `https://chastify.net`. */
    baseUrl: string;
    /** A live token: the user's in setup, the session's at runtime. Asked before every call; stays in this page. */
    token: () => string | Promise<string>;
  };
  /** Needed in setup, where extensions may upload. */
  upload?: Stage;
  actions?: Record<string, OwnAction>;
  /** Told of every finished request, for logs; without payloads. */
  onRequest?: (request: { action: string; ms: number; error?: StowageError }) => void;
}

export interface BridgeHost {
  /** Tells the iframe, aborts what is under way, stops listening. Idempotent. */
  dispose(): void;
}

/** Requests one iframe may have under way; more is a mistake or malice. */
const maxRequests = 24;

const taken = new WeakSet<HTMLIFrameElement>();

/**
 * Serves one iframe until disposed. Throws TypeError when `origin` is none, when the frame has a host already, or when
 * setup has no `upload`.
 */
export function createBridgeHost(options: BridgeHostOptions): BridgeHost {
  const { frame, context, upload } = options;
  const page = window;
  const origin = requireOrigin(options.origin);
  if (taken.has(frame)) throw new TypeError('This frame has a bridge host already: dispose it first');
  if (context.mode === 'setup' && !upload) throw new TypeError('A setup host needs `upload`');
  taken.add(frame);
  const underWay = new Map<string, AbortController>();
  let client: unknown;
  let disposed = false;

  const bridgeActions = context.mode === 'setup' ? setupActions(context, upload as Stage) : runtimeActions(context);

  // The browser delivers this only while the frame really shows a page of that origin.
  const post = (message: FromParent) => frame.contentWindow?.postMessage({ channel, ...message }, origin);

  function receive(event: MessageEvent): void {
    if (!event.source || event.source !== frame.contentWindow || event.origin !== origin) return;
    const message = readMessage<FromFrame>(event.data);
    if (message?.type === 'hello') {
      // Another document in the frame: what the one before asked for has nobody left to tell.
      if (client !== undefined && client !== message.client) abortAll();
      client = message.client;
      introduce();
    } else if (message?.type === 'request' && typeof message.id === 'string') {
      void answer(message.id, message.action, message.payload);
    } else if (message?.type === 'cancel' && typeof message.id === 'string') underWay.get(message.id)?.abort();
  }

  function introduce(): void {
    try {
      post({ type: 'init', context });
    } catch {
      const message =
        'The context of this page cannot be copied to the iframe: give plain data, no functions or proxies.';
      post({ type: 'refused', error: { code: 'invalid_payload', message, status: 0 } });
    }
  }

  async function answer(id: string, asked: unknown, payload: unknown): Promise<void> {
    if (underWay.has(id)) return;
    // Anything may arrive, and turning it into text may fail.
    const action = typeof asked === 'string' ? asked : '';
    const started = performance.now();
    const abort = new AbortController();
    // Whatever ends after a dispose or a cancel is not told: nobody waits for it.
    const tell = (message: FromParent) => void (abort.signal.aborted || post(message));
    let failure: StowageError | undefined;
    underWay.set(id, abort);
    try {
      if (underWay.size > maxRequests) {
        const text = `At most ${maxRequests} requests at a time: wait for answers.`;
        throw new StowageError('too_many_requests', text, { details: { limit: maxRequests } });
      }
      const progress = ({ sentBytes, totalBytes }: Progress) => tell({ type: 'progress', id, sentBytes, totalBytes });
      const result = await run(action, payload, { ...options.api, signal: abort.signal, progress });
      tell({ type: 'result', id, result, aheadMs: aheadMs() });
    } catch (error) {
      failure = isStowageError(error)
        ? error
        : new StowageError('internal_error', 'The page could not do this.', { cause: error });
      const { code, message, status, requestId, details } = failure;
      const told = { code, message, status, requestId };
      try {
        tell({ type: 'error', id, error: { ...told, details } });
      } catch {
        tell({ type: 'error', id, error: told });
      }
    } finally {
      underWay.delete(id);
    }
    options.onRequest?.({ action, ms: performance.now() - started, ...(failure && { error: failure }) });
  }

  async function run(action: string, payload: unknown, call: Call): Promise<unknown> {
    const own = options.actions;
    if (own && Object.hasOwn(own, action)) return own[action]?.(payload, call);
    if (Object.hasOwn(bridgeActions, action)) {
      const fields = typeof payload === 'object' && payload !== null ? payload : {};
      return bridgeActions[action as keyof typeof bridgeActions](fields, call);
    }
    throw new StowageError('unknown_action', `There is no action "${action.slice(0, 60)}".`);
  }

  function abortAll(): void {
    for (const abort of underWay.values()) abort.abort();
  }

  page.addEventListener('message', receive);
  return {
    dispose() {
      if (disposed) return;
      disposed = true;
      page.removeEventListener('message', receive);
      abortAll();
      post({ type: 'closed' });
      taken.delete(frame);
    },
  };
}
