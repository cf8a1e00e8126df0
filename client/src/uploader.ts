/** Uploads files from pages and from backends: by form while they are small, straight to the bucket when they are not. */
import { type ApiOptions, createApi } from './api.ts';
import { isStowageError, StowageError } from './errors.ts';
import type { UploadTarget } from './targets.ts';
import type { Progress, UploadAnswer } from './types.ts';
import { uploadDirect } from './upload-direct.ts';
import { uploadForm } from './upload-form.ts';

export * from './errors.ts';
export { createLinks, type Links } from './links.ts';
export type { RetryOptions } from './retry.ts';
export { sessionTarget, setupTarget, type UploadTarget, uploadsTarget } from './targets.ts';
export type * from './types.ts';

/** Largest file sent as a form: what Lambda carries is about 4.4 MiB of form (docs/contract.md, "Direct upload"). */
export const formMaxBytes = 4 * 1024 * 1024;

export interface UploaderOptions<A = UploadAnswer> extends ApiOptions {
  target: UploadTarget<A>;
  /** Larger files go by direct upload; bytes. */
  formMaxBytes?: number;
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

export type Outcome<A = UploadAnswer> = { ok: true; answer: A } | { ok: false; error: StowageError };

/** `A` is what the target answers: `{ file, stagedQuota? }` of extensions, the file itself of the uploads API. */
export interface Uploader<A = UploadAnswer> {
  /**
   * Uploads one file and resolves with its record. What is safe to repeat is repeated with back-off; a direct upload
   * whose URL is over is presigned anew once. Rejects with a `StowageError`; after `aborted`, nothing of the file is kept.
   */
  upload(file: Blob, options?: UploadOptions): Promise<A>;
  /** Uploads several; one that fails does not keep the others. Resolves in the order of the files, never rejects. */
  uploadAll(files: readonly Blob[], options?: BatchOptions): Promise<Outcome<A>[]>;
  /** The file; of extensions with a fresh link. */
  get(fileId: string): Promise<A>;
  delete(fileId: string): Promise<void>;
}

/** An uploader for one target; it holds no state beside its options, so any number of uploads may run at a time. */
export function createUploader<A = UploadAnswer>(options: UploaderOptions<A>): Uploader<A> {
  const { target, retry = {} } = options;
  const limit = options.formMaxBytes ?? formMaxBytes;
  const parts = { api: createApi(options), target, retry };

  async function upload(file: Blob, wishes: UploadOptions = {}): Promise<A> {
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

  return {
    upload,
    uploadAll,
    get: async (fileId) => target.open(await parts.api.call('GET', target.read(fileId))) as A,
    delete: async (fileId) => void (await parts.api.call('DELETE', target.remove(fileId))),
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
