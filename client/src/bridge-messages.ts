/** What crosses between an extension's iframe and the page around it: the actions, and the messages that carry them. */
import type {
  FileList,
  SessionCapabilities,
  SessionState,
  SetupCapabilities,
  StagedList,
  StagedQuota,
  StoredFile,
} from './types.ts';

/** Marks a message as ours and of this version; a page's other messages are none of our business. */
export const channel = 'stowage.bridge/1';

/** What an iframe is told once, when both sides have met. Never a token. */
export type BridgeContext = SetupContext | RuntimeContext;

export interface SetupContext {
  mode: 'setup';
  appId: string;
  /** Include it in the saved config, so that staged files of this draft which the config does not use go at once. */
  storageDraftId: string;
  /** What was saved before, if anything. */
  config?: unknown;
}

export interface RuntimeContext {
  mode: 'runtime';
  appId: string;
  sessionId: string;
  config?: unknown;
}

/** A file to stage: a `File` or `Blob`, or a data URL for a small generated image. */
export type UploadPayload =
  | { file: Blob; filename?: string; purpose?: string }
  | { dataUrl: string; filename?: string; purpose?: string };

/**
 * Every action with what it takes and gives. `files.list` in setup lists staged files, as `files.staged.list` does. Lists
 * are whole; with `limit` or `cursor` they are one page, whose own `cursor` says that more follows.
 */
export type BridgeActions = {
  'files.capabilities': { payload: object; result: SessionCapabilities | SetupCapabilities };
  'files.list': {
    payload: { limit?: number; cursor?: string; purpose?: string; draftId?: string };
    result: FileList & { stagedQuota?: StagedQuota };
  };
  'files.get': { payload: { fileId: string }; result: { file: StoredFile } };
  'state.get': { payload: object; result: SessionState };
  'files.upload': { payload: UploadPayload; result: { file: StoredFile; stagedQuota: StagedQuota } };
  'files.staged.list': {
    payload: { limit?: number; cursor?: string; purpose?: string; draftId?: string };
    result: StagedList;
  };
  'files.delete': { payload: { fileId: string }; result: { deleted: true } };
};

/** An action's shape, for platforms that add their own beside `BridgeActions`. */
export type ActionMap = Record<string, { payload: unknown; result: unknown }>;

/** An error on its way through `postMessage`, which keeps no class. */
export interface SentError {
  code: string;
  message: string;
  status: number;
  requestId?: string | undefined;
  details?: unknown;
}

export type FromFrame =
  /** `client` names one document: a reload brings another. */
  | { type: 'hello'; client: string }
  | { type: 'request'; id: string; action: string; payload: unknown }
  | { type: 'cancel'; id: string };

export type FromParent =
  | { type: 'init'; context: BridgeContext }
  /** The two sides cannot meet, and why. */
  | { type: 'refused'; error: SentError }
  | { type: 'progress'; id: string; sentBytes: number; totalBytes: number }
  /** `aheadMs`: how far the server's clock is ahead of this machine's, which only the page is told. */
  | { type: 'result'; id: string; result: unknown; aheadMs?: number }
  | { type: 'error'; id: string; error: SentError }
  | { type: 'closed' };

/** Reads an arrived value; undefined for what is not ours. Its fields are still the sender's claim. */
export function readMessage<M extends FromFrame | FromParent>(data: unknown): Partial<M> | undefined {
  const isOurs = typeof data === 'object' && data !== null && (data as { channel?: unknown }).channel === channel;
  return isOurs ? (data as Partial<M>) : undefined;
}

/** Checks that a pinned origin is one: not `*`, not `null`, no path. Throws TypeError. */
export function requireOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw new TypeError(`"${origin}" is no origin: write scheme, host and port only, like "https://example.com"`);
}
