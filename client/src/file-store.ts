/** A list of stored files whose links never run out while somebody looks at it. React shows it. */
import { serverNow } from './clock.ts';
import { isStowageError, StowageError } from './errors.ts';
import { createLinks } from './links.ts';
import { isPassing } from './retry.ts';
import type { StoredFile } from './types.ts';
import type { ListOptions } from './uploader.ts';

/** A `createUploader` of an extension's files, or what answers like one: a bridge, a backend of one's own. */
export interface FileSource {
  /** Every file, newest first. */
  list(options: ListOptions): AsyncIterable<StoredFile> | Promise<{ items: readonly StoredFile[] }>;
  get(fileId: string): Promise<{ file: StoredFile }>;
  /** Only where files may be removed. */
  delete?(fileId: string): Promise<unknown>;
}

export interface FileStoreOptions {
  purpose?: string | undefined;
  /** Only in setup. */
  draftId?: string | undefined;
  /** How long before their end links are fetched anew, seconds; 60 unless told. */
  refreshBeforeSeconds?: number | undefined;
}

export interface FilesShown {
  readonly files: readonly StoredFile[];
  /** `loading` until the first list is there; `failed` when it never came. */
  readonly state: 'loading' | 'ready' | 'failed';
  /** Why the newest attempt to load failed; the files shown are the last that were known. */
  readonly error?: StowageError | undefined;
}

export interface FileStore {
  shown(): FilesShown;
  subscribe(listener: () => void): () => void;
  /** Loads and keeps links fresh until the returned function is called; may be started again. */
  start(): () => void;
  /** Loads the list anew. Never rejects: `error` tells. */
  reload(): Promise<void>;
  /** Deletes a file and takes it off the list. Rejects with the source's `StowageError`, and the file stays. */
  remove(fileId: string): Promise<void>;
  /** A fresh link for one file, for an image that failed to load. Rejects with the source's `StowageError`. */
  refresh(fileId: string): Promise<void>;
}

/** Between attempts to get fresh links while the source cannot be reached, milliseconds. */
const pauseMs = 15_000;

/** The longest that a timer is set for: browsers take 31 bits of milliseconds, and clocks are put right meanwhile. */
const longestMs = 600_000;

interface Page {
  visibilityState?: string;
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** A store for one source. Links are fetched anew by loading the list: one request for fifty files. */
export function createFileStore(source: FileSource, options: FileStoreOptions = {}): FileStore {
  const { purpose, draftId, refreshBeforeSeconds = 60 } = options;
  const page = (globalThis as { document?: Page }).document;
  const links = createLinks({ get: (fileId) => source.get(fileId).then(learn) });
  const listeners = new Set<() => void>();
  /** Deleted here: a list that was asked for before must not bring them back. */
  const removed = new Set<string>();
  let shown: FilesShown = { files: [], state: 'loading' };
  let newest: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOn = false;

  function show(changes: Partial<FilesShown>): void {
    shown = { ...shown, ...changes };
    for (const listener of [...listeners]) listener();
  }

  function learn(answer: { file: StoredFile }): { file: StoredFile } {
    show({ files: shown.files.map((file) => (file.id === answer.file.id ? answer.file : file)) });
    return answer;
  }

  async function load(signal: AbortSignal): Promise<StoredFile[]> {
    const answer = source.list({ purpose, draftId, signal });
    if (!(Symbol.asyncIterator in answer)) return [...(await answer).items];
    const files: StoredFile[] = [];
    for await (const file of answer) files.push(file);
    return files;
  }

  async function reload(): Promise<void> {
    newest?.abort();
    const mine = new AbortController();
    newest = mine;
    try {
      const files = await load(mine.signal);
      if (newest === mine)
        show({ files: files.filter(({ id }) => !removed.has(id)), state: 'ready', error: undefined });
    } catch (error) {
      if (newest !== mine) return;
      const known = isStowageError(error) ? error : unexpected(error);
      show({ state: shown.state === 'ready' ? 'ready' : 'failed', error: known });
    }
    if (newest === mine) newest = undefined;
    schedule();
  }

  /** Milliseconds until the first link is nearly over; endless when there is none. */
  function dueInMs(): number {
    const ends = shown.files.map(({ urlExpiresAt }) => Date.parse(urlExpiresAt)).filter(Number.isFinite);
    return Math.min(...ends) - refreshBeforeSeconds * 1000 - serverNow();
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!isOn || newest) return;
    // Nobody looks: what was due is done when somebody does again.
    if (page?.visibilityState === 'hidden') return;
    const { error } = shown;
    // What was refused for good would be refused again: `reload`, or looking away and back, tries once more.
    if (error && !isPassing(error)) return;
    const due = error ? 0 : dueInMs();
    if (due === Number.POSITIVE_INFINITY) return;
    // Also where links live shorter than asked for: at most one list in so long.
    const waitMs = Math.max(due, pauseMs);
    timer = setTimeout(wake, Math.min(waitMs, longestMs));
  }

  function wake(): void {
    if (!isOn || newest || page?.visibilityState === 'hidden') return;
    if (shown.error !== undefined || dueInMs() <= 0) void reload();
    else schedule();
  }

  return {
    shown: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      isOn = true;
      page?.addEventListener?.('visibilitychange', wake);
      void reload();
      return () => {
        isOn = false;
        clearTimeout(timer);
        page?.removeEventListener?.('visibilitychange', wake);
        newest?.abort();
        newest = undefined;
      };
    },
    reload,
    async remove(fileId) {
      if (!source.delete)
        throw new StowageError('unknown_action', 'Files cannot be removed here: the source has no delete.');
      await source.delete(fileId);
      removed.add(fileId);
      show({ files: shown.files.filter(({ id }) => id !== fileId) });
    },
    refresh: async (fileId) => void (await links.refresh(fileId)),
  };
}

function unexpected(cause: unknown): StowageError {
  return new StowageError('internal_error', 'The files could not be listed. Try again.', { cause });
}
