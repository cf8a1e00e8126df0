/** Uploads files from pages and from backends: by form while they are small, straight to the bucket when they are not. */
import { type ApiOptions, createApi } from './api.ts';
import { createCleanUp } from './clean-up.ts';
import { isStowageError, StowageError } from './errors.ts';
import { createKeptKeys } from './kept-keys.ts';
import type { InParts } from './parts.ts';
import type { ListQuery, UploadTarget } from './targets.ts';
import type { Progress, StoredFile, UploadAnswer } from './types.ts';
import { uploadDirect } from './upload-direct.ts';
import { nameOf, uploadForm } from './upload-form.ts';

export * from './errors.ts';
export { createLinks, type Links } from './links.ts';
export type { RetryOptions } from './retry.ts';
export { sessionTarget, setupTarget, type UploadTarget, uploadsTarget } from './targets.ts';
export type * from './types.ts';

/** Largest file sent as a form: what Lambda carries is about 4.4 MiB of form (docs/contract.md, "Direct upload"). */
export const formMaxBytes = 4 * 1024 * 1024;

export interface UploaderOptions<A = UploadAnswer, F = StoredFile> extends ApiOptions {
  target: UploadTarget<A, F>;
  /** Larger files go by direct upload; bytes. */
  formMaxBytes?: number;
  /** `inParts()` of `@stowage/client/parts`: large files of the uploads API go in parts, and are gone on with. */
  parts?: InParts | undefined;
}

export interface UploadOptions {
  /** Defaults to the file's own name. */
  filename?: string | undefined;
  purpose?: string | undefined;
  /** Only in setup. */
  draftId?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface BatchProgress extends Progress {
  /** In the order of the files. */
  files: Progress[];
}

export interface BatchOptions extends Omit<UploadOptions, 'filename' | 'onProgress'> {
  /** Uploads at a time. */
  concurrency?: number;
  onProgress?: ((progress: BatchProgress) => void) | undefined;
}

export interface ListOptions extends Omit<ListQuery, 'cursor'> {
  signal?: AbortSignal | undefined;
}

export type Outcome<A = UploadAnswer> = { ok: true; answer: A } | { ok: false; error: StowageError };

/**
 * `A` is what the target answers to an upload: `{ file, stagedQuota? }` of extensions, the file itself of the uploads API.
 * `F` is a file of its lists.
 */
export interface Uploader<A = UploadAnswer, F = StoredFile> {
  /**
   * Uploads one file and resolves with its record. What is safe to repeat is repeated with back-off; a direct upload
   * whose URL is over is presigned anew once. Rejects with a `StowageError`; after `aborted`, nothing of the file is kept:
   * what cannot be given back at once is given back when the line is there again. The same `File` tried again after a
   * failure goes on under the same Idempotency-Key.
   */
  upload(file: Blob, options?: UploadOptions): Promise<A>;
  /** Uploads several; one that fails does not keep the others. Resolves in the order of the files, never rejects. */
  uploadAll(files: readonly Blob[], options?: BatchOptions): Promise<Outcome<A>[]>;
  /** The file; of extensions with a fresh link. */
  get(fileId: string): Promise<A>;
  /** Every file of the target, newest first, asked for page by page as they are taken. Throws a `StowageError`. */
  list(options?: ListOptions): AsyncGenerator<F, void, undefined>;
  delete(fileId: string): Promise<void>;
}

/**
 * An uploader for one target. Any number of uploads may run at a time; make one for as long as the page lives, since it
 * remembers what failed uploads left behind.
 */
export function createUploader<A = UploadAnswer, F = StoredFile>(options: UploaderOptions<A, F>): Uploader<A, F> {
  const { target, retry = {} } = options;
  const limit = options.formMaxBytes ?? formMaxBytes;
  const api = createApi(options);
  const cleanUp = createCleanUp(api);
  const parts = { api, target, retry, cleanUp, keys: createKeptKeys(cleanUp.withdraw) };

  async function upload(file: Blob, wishes: UploadOptions = {}): Promise<A> {
    // What an earlier upload could not give back is room that this one may need.
    await cleanUp.catchUp();
    if (options.parts && target.parts && file.size >= options.parts.minBytes)
      return options.parts.upload(parts, file, { filename: nameOf(file), ...wishes } as UploadOptions & {
        filename: string;
      });
    if (file.size > limit) return uploadDirect(parts, file, wishes);
    try {
      return await uploadForm(parts, file, wishes);
    } catch (error) {
      if (isStowageError(error) && wantsDirect(error)) return uploadDirect(parts, file, wishes);
      throw error;
    }
  }

  async function uploadAll(files: readonly Blob[], wishes: BatchOptions = {}): Promise<Outcome<A>[]> {
    const { concurrency = 2, onProgress, ...shared } = wishes;
    const states = files.map((file) => ({ sentBytes: 0, totalBytes: file.size }));
    const outcomes: Outcome<A>[] = [];
    const tell = () => onProgress?.({ ...sum(states), files: states.map((state) => ({ ...state })) });
    const queue = files.entries();
    async function work(): Promise<void> {
      for (const [index, file] of queue) {
        const note = (progress: Progress) => {
          states[index] = progress;
          tell();
        };
        outcomes[index] = await upload(file, { ...shared, onProgress: note }).then(
          (answer) => ({ ok: true, answer }),
          (error) => ({ ok: false, error: isStowageError(error) ? error : unexpected(error) }),
        );
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
    return outcomes;
  }

  async function* list({ signal, ...query }: ListOptions = {}): AsyncGenerator<F, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = target.pageOf(await api.call('GET', target.list({ ...query, cursor }), { signal }));
      yield* page.items;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  return {
    upload,
    uploadAll,
    list,
    get: async (fileId) => target.open(await api.call('GET', target.read(fileId))) as A,
    delete: async (fileId) => void (await api.call('DELETE', target.remove(fileId))),
  };
}

/** Too large for the form, though not for storage; or refused by the gateway before the API saw it. */
function wantsDirect({ code, status, details }: StowageError): boolean {
  if (code === 'unexpected_answer') return status === 413;
  return code === 'file_too_large' && Boolean((details as { direct?: unknown } | undefined)?.direct);
}

function unexpected(cause: unknown): StowageError {
  return new StowageError('internal_error', 'The upload failed unexpectedly.', { cause });
}

function sum(states: Progress[]): Progress {
  const total = { sentBytes: 0, totalBytes: 0 };
  for (const { sentBytes, totalBytes } of states) {
    total.sentBytes += sentBytes;
    total.totalBytes += totalBytes;
  }
  return total;
}
