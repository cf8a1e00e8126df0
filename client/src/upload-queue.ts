/** What a person sees of uploads: a list whose files wait, run, end, and are cancelled or tried again. React and the element show it. */
import { isStowageError, StowageError } from './errors.ts';
import { isAccepted, sizeText } from './pick-rules.ts';
import type { UploadAnswer } from './types.ts';
import { nameOf } from './upload-form.ts';
import type { Uploader } from './uploader.ts';

export type UploadState = 'queued' | 'uploading' | 'uploaded' | 'failed' | 'cancelled';

/** One file of the list, as it is now: never changed, but replaced. */
export interface UploadItem<A = UploadAnswer> {
  /** Of this list; nothing that Stowage knows. */
  readonly id: string;
  readonly file: Blob;
  readonly name: string;
  readonly state: UploadState;
  /** From 0 to 1; 1 only when the file is stored. */
  readonly progress: number;
  /** Why it failed. */
  readonly error?: StowageError | undefined;
  /** What the upload was answered with. */
  readonly result?: A | undefined;
  /** Whether `retry` may help: cancelled, or failed for another reason than the file itself. */
  readonly canRetry: boolean;
}

/** A `createUploader`, or anything that uploads one file as it does: a bridge, a backend of one's own. */
export type UploadBy<A = UploadAnswer> = Pick<Uploader<A, never>, 'upload'>;

export interface UploadQueueOptions<A = UploadAnswer> {
  uploader: UploadBy<A>;
  purpose?: string | undefined;
  /** Only in setup. */
  draftId?: string | undefined;
  /** Uploads at a time; 2 unless told. */
  concurrency?: number | undefined;
  /** Larger files fail at once with `file_too_large`, before anything is sent; bytes. */
  maxBytes?: number | undefined;
  /** What an `<input accept>` says; other files fail at once with `invalid_file_type`. */
  accept?: string | undefined;
  onUploaded?: ((item: UploadItem<A>) => void) | undefined;
  onFailed?: ((item: UploadItem<A>) => void) | undefined;
}

/** All of it may be called at any time, with ids that are gone as well. */
export interface UploadQueue<A = UploadAnswer> {
  /** The list, oldest first; the same array until something changes. */
  items(): readonly UploadItem<A>[];
  /** Calls back after every change; returns what ends that. */
  subscribe(listener: () => void): () => void;
  add(files: Iterable<Blob>): void;
  /** Ends an upload that waits or runs; it stays in the list and can be tried again. */
  cancel(id: string): void;
  cancelAll(): void;
  /** Tries again what failed or was cancelled. */
  retry(id: string): void;
  /** Takes it off the list, cancelled first where it runs. What is stored stays stored: delete it by the uploader. */
  remove(id: string): void;
}

/** Codes of files that no further try makes better. */
const final = ['file_too_large', 'invalid_file_type', 'invalid_image', 'validation_failed'] as const;

const none = { error: undefined, result: undefined, canRetry: false };

/** A list of uploads. `options` is asked anew whenever an upload starts or ends, so that what it says may change. */
export function createUploadQueue<A = UploadAnswer>(options: () => UploadQueueOptions<A>): UploadQueue<A> {
  let list: readonly UploadItem<A>[] = [];
  let added = 0;
  const listeners = new Set<() => void>();
  /** What has not settled yet, cancelled ones included: what they left behind is given back before a further try. */
  const running = new Map<string, AbortController>();

  const find = (id: string) => list.find((item) => item.id === id);

  function show(next: readonly UploadItem<A>[]): void {
    list = next;
    for (const listener of [...listeners]) listener();
  }

  function change(id: string, changes: Partial<UploadItem<A>>): UploadItem<A> | undefined {
    show(list.map((item) => (item.id === id ? { ...item, ...changes } : item)));
    return find(id);
  }

  function fail(id: string, error: StowageError): void {
    const failed = change(id, { state: 'failed', progress: 0, error, canRetry: !isStowageError(error, ...final) });
    if (failed) options().onFailed?.(failed);
  }

  async function run(item: UploadItem<A>): Promise<void> {
    const { id, file, name } = item;
    const { uploader, purpose, draftId } = options();
    const abort = new AbortController();
    const isStopped = () => abort.signal.aborted;
    running.set(id, abort);
    change(id, { state: 'uploading' });
    try {
      const result = await uploader.upload(file, {
        filename: name,
        purpose,
        draftId,
        signal: abort.signal,
        onProgress: ({ sentBytes, totalBytes }) => {
          if (!isStopped()) change(id, { progress: totalBytes > 0 ? Math.min(0.99, sentBytes / totalBytes) : 0 });
        },
      });
      running.delete(id);
      // Stored is stored, also where a cancellation came too late for an uploader that does not undo.
      const stored = change(id, { ...none, state: 'uploaded', progress: 1, result });
      if (stored) options().onUploaded?.(stored);
    } catch (error) {
      running.delete(id);
      if (!isStopped()) fail(id, isStowageError(error) ? error : unexpected(error));
    } finally {
      pump();
    }
  }

  function pump(): void {
    const { concurrency = 2 } = options();
    for (const item of list) {
      if (running.size >= Math.max(1, concurrency)) return;
      // Asked anew: whoever watches may have cancelled this one when the one before it began.
      if (find(item.id)?.state === 'queued' && !running.has(item.id)) void run(item);
    }
  }

  function enqueue(items: readonly UploadItem<A>[]): void {
    for (const { id, file, name } of items) {
      const refusal = refusalOf(file, name, options());
      if (refusal) fail(id, refusal);
    }
    pump();
  }

  function cancel(id: string): void {
    const item = find(id);
    if (item?.state !== 'queued' && item?.state !== 'uploading') return;
    change(id, { ...none, state: 'cancelled', progress: 0, canRetry: true });
    running.get(id)?.abort();
  }

  return {
    items: () => list,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(files) {
      const items = [...files].map((file): UploadItem<A> => {
        added += 1;
        return { ...none, id: `upload-${added}`, file, name: nameOf(file), state: 'queued', progress: 0 };
      });
      if (items.length === 0) return;
      show([...list, ...items]);
      enqueue(items);
    },
    cancel,
    cancelAll() {
      for (const { id } of list) cancel(id);
    },
    retry(id) {
      const item = find(id);
      if (item?.state !== 'failed' && item?.state !== 'cancelled') return;
      const again = change(id, { ...none, state: 'queued', progress: 0 });
      if (again) enqueue([again]);
    },
    remove(id) {
      cancel(id);
      show(list.filter((item) => item.id !== id));
    },
  };
}

/** Why this file need not be sent at all. */
function refusalOf(
  file: Blob,
  name: string,
  rules: Pick<UploadQueueOptions, 'maxBytes' | 'accept'>,
): StowageError | undefined {
  const { maxBytes, accept } = rules;
  if (maxBytes !== undefined && file.size > maxBytes) {
    const text = `The file has ${sizeText(file.size)}, and at most ${sizeText(maxBytes)} are taken. Choose a smaller one.`;
    return new StowageError('file_too_large', text, { details: { maxBytes } });
  }
  if (accept && !isAccepted({ name, type: file.type }, accept)) {
    const text = `This kind of file is not taken here. Choose one of ${accept}.`;
    return new StowageError('invalid_file_type', text, { details: file.type ? { detected: file.type } : {} });
  }
  return undefined;
}

function unexpected(cause: unknown): StowageError {
  return new StowageError('internal_error', 'The upload failed unexpectedly. Try again.', { cause });
}
