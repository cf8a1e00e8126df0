/** What the presets know of Uppy: as much of its types as they use, so that theirs need none of its packages. */
import type { ApiOptions } from './api.ts';
import { isStowageError, type StowageError } from './errors.ts';
import { newKey } from './kept-keys.ts';
import type { UploadTarget } from './targets.ts';

export interface UppyFile {
  id: string;
  name?: string | undefined;
  size: number | null;
  data: unknown;
  meta: Record<string, unknown>;
  error?: string | null | undefined;
  progress?: { uploadComplete?: boolean } | undefined;
}

/** An `Uppy` of `@uppy/core` 6, whatever its types of meta and body are. */
export interface UppyLike {
  getFile(id: string): UppyFile | undefined;
  setFileMeta(id: string, meta: Record<string, unknown>): void;
  setFileState(id: string, state: Record<string, unknown>): void;
  addPreProcessor(run: (ids: string[]) => Promise<unknown>): void;
  addUploader(run: (ids: string[]) => Promise<unknown>): void;
  addPostProcessor(run: (ids: string[]) => Promise<unknown>): void;
  // Methods, since those compare loosely: an event's arguments depend on the page's own types.
  on(event: 'file-removed' | 'upload-error' | 'upload-success', listener: (file: never, error: never) => void): unknown;
  off(event: 'file-removed', listener: (file: never) => void): unknown;
  emit(event: never, ...args: never[]): void;
}

export interface StowageUppyOptions<A, F = unknown> extends ApiOptions {
  /** `setupTarget`, `sessionTarget` or `uploadsTarget`. */
  target: UploadTarget<A, F>;
  /** A file is stored; `answer` is what the upload was answered with, and `file.response.body` from then on. */
  onStored?: ((file: UppyFile, answer: A) => void) | undefined;
}

/** What Uppy tells in `upload-error`: a text to show, and the code beside it. */
export interface UppyUploadError extends Error {
  code: StowageError['code'];
  status: number;
  requestId: string | undefined;
  cause: StowageError;
}

/** An error as Uppy shows it: it would append `details` to the text, where ours is an object. */
export function uppyError(error: unknown): Error {
  if (!isStowageError(error)) return error instanceof Error ? error : new Error('The upload failed.', { cause: error });
  const { message, code, status, requestId } = error;
  return Object.assign(new Error(message, { cause: error }), { name: 'StowageError', code, status, requestId });
}

/** Works through a list, so many at a time. */
export async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const next = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, next));
}

/** The events of an `Uppy` that has types of its own for them. */
export function emit(uppy: UppyLike, event: string, ...args: unknown[]): void {
  (uppy.emit as (event: string, ...args: unknown[]) => void).call(uppy, event, ...args);
}

/**
 * The Idempotency-Key of a file, the same for all its tries. It lies in the file's meta, so that it outlives a reload of
 * the page where the file does; `forgetKey` makes the next try another upload.
 */
export function keyOf(uppy: UppyLike, id: string): string {
  const kept = uppy.getFile(id)?.meta.stowageKey;
  if (typeof kept === 'string') return kept;
  const key = newKey();
  uppy.setFileMeta(id, { stowageKey: key });
  return key;
}

export function forgetKey(uppy: UppyLike, id: string): void {
  if (uppy.getFile(id)) uppy.setFileMeta(id, { stowageKey: undefined });
}

/** Whether the key stands for an upload that is over: the same request would fail for ever. */
export const isKeyOver = (error: unknown): boolean =>
  isStowageError(cause(error), 'idempotency_key_reused', 'file_not_found', 'upload_not_found');

const cause = (error: unknown): unknown =>
  (isStowageError(error) ? error : (error as Error | undefined)?.cause) ?? error;

/** A text of the file's meta that goes along with the upload. */
export function metaText(file: UppyFile, name: 'purpose' | 'draftId'): string | undefined {
  const value = file.meta[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The name that a person may have changed in Uppy's editor. */
export function nameIn({ meta, name }: UppyFile): string {
  return typeof meta.name === 'string' && meta.name !== '' ? meta.name : (name ?? 'upload');
}
