/** Uploads and stored files in React 18 and later, server rendering and StrictMode included. Nothing is imported but `react`. */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { createFileStore, type FileSource, type FileStoreOptions, type FilesShown } from './file-store.ts';
import type { UploadAnswer } from './types.ts';
import { createUploadQueue, type UploadItem, type UploadQueue, type UploadQueueOptions } from './upload-queue.ts';

export * from './errors.ts';
export type { FileSource, FilesShown } from './file-store.ts';
export type * from './types.ts';
export type { UploadBy, UploadItem, UploadState } from './upload-queue.ts';

export interface StowageUploadOptions<A = UploadAnswer> extends UploadQueueOptions<A> {
  /**
   * What becomes of uploads that wait or run when the component goes: `cancel` (unless told) leaves nothing of them, with
   * `continue` they go on, and `onUploaded` and `onFailed` are called still.
   */
  onUnmount?: 'cancel' | 'continue';
}

export interface StowageUpload<A = UploadAnswer> extends Omit<UploadQueue<A>, 'items' | 'subscribe'> {
  /** Oldest first. */
  files: readonly UploadItem<A>[];
}

/**
 * Uploads files and tells how far they are. The functions stay the same for as long as the component lives; the options
 * may be new ones at every render. Make the `uploader` once, outside of the component: it remembers what failed uploads
 * left behind.
 */
export function useStowageUpload<A = UploadAnswer>(options: StowageUploadOptions<A>): StowageUpload<A> {
  const newest = useRef(options);
  useEffect(() => {
    newest.current = options;
  });
  const [queue] = useState(() => createUploadQueue<A>(() => newest.current));
  // StrictMode runs this twice before anything can have been added.
  useEffect(
    () => () => {
      if (newest.current.onUnmount !== 'continue') queue.cancelAll();
    },
    [queue],
  );
  const files = useSyncExternalStore(queue.subscribe, queue.items, queue.items);
  const { add, cancel, cancelAll, retry, remove } = queue;
  return useMemo(
    () => ({ files, add, cancel, cancelAll, retry, remove }),
    [files, add, cancel, cancelAll, retry, remove],
  );
}

export interface StowageFiles extends FilesShown {
  /** Loads the list anew, after an upload for instance. Never rejects: `error` tells. */
  reload: () => Promise<void>;
  /** Deletes a file and takes it off the list. Rejects with a `StowageError`, and the file stays. */
  remove: (fileId: string) => Promise<void>;
  /** A fresh link for one file, for an `<img>` whose `onError` is called. Rejects with a `StowageError`. */
  refresh: (fileId: string) => Promise<void>;
}

const nothing: FilesShown = { files: [], state: 'loading' };

/**
 * The stored files of a source, with links that are fetched anew before they end, and when a page that was hidden is
 * looked at again. Make the `source` once, outside of the component; another one is another list.
 */
export function useStowageFiles(source: FileSource, options: FileStoreOptions = {}): StowageFiles {
  const { purpose, draftId, refreshBeforeSeconds } = options;
  const store = useMemo(
    () => createFileStore(source, { purpose, draftId, refreshBeforeSeconds }),
    [source, purpose, draftId, refreshBeforeSeconds],
  );
  useEffect(() => store.start(), [store]);
  const shown = useSyncExternalStore(
    store.subscribe,
    store.shown,
    useCallback(() => nothing, []),
  );
  return useMemo(
    () => ({ ...shown, reload: store.reload, remove: store.remove, refresh: store.refresh }),
    [shown, store],
  );
}
