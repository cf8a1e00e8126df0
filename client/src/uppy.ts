/** Uppy 6 with Stowage: presets for its own uploaders, and ours in their place. */
import type { UploadAnswer } from './types.ts';
import type { UploadBy } from './upload-queue.ts';
import { emit, inTurns, metaText, nameIn, type UppyFile, type UppyLike, uppyError } from './uppy-core.ts';

export * from './errors.ts';
export { sessionTarget, setupTarget, type UploadTarget, uploadsTarget } from './targets.ts';
export type * from './types.ts';
export type { UploadBy } from './upload-queue.ts';
export type { StowageUppyOptions, UppyFile, UppyLike, UppyUploadError } from './uppy-core.ts';
export { type StowageS3Options, type StowageUppyS3Options, stowageAwsS3 } from './uppy-direct.ts';
export { type StowageXhrOptions, stowageXhrUpload } from './uppy-form.ts';

export interface StowageUploaderOptions<A> {
  /** A `createUploader`, or anything with an `upload` like its own: over a bridge, to a backend of one's own. */
  uploader: UploadBy<A>;
  /** Uploads at a time; 2 unless told. */
  concurrency?: number;
  /** A file is stored; `answer` is `file.response.body`, too. */
  onStored?: ((file: UppyFile, answer: A) => void) | undefined;
}

/**
 * Has Uppy upload by an uploader of this package, in place of `@uppy/xhr-upload` or `@uppy/aws-s3`: form or direct by size,
 * outages and stalls survived, and nothing kept of a file that is removed on the way.
 */
export function addStowageUploader<A = UploadAnswer>(uppy: UppyLike, options: StowageUploaderOptions<A>): void {
  const { uploader, concurrency = 2, onStored } = options;

  async function upload(id: string): Promise<void> {
    const file = uppy.getFile(id);
    if (!file) return;
    const abort = new AbortController();
    const onRemoved = (removed: UppyFile) => {
      if (removed.id === id) abort.abort();
    };
    const uploadStarted = Date.now();
    uppy.on('file-removed', onRemoved);
    try {
      const answer = await uploader.upload(file.data as Blob, {
        filename: nameIn(file),
        purpose: metaText(file, 'purpose'),
        draftId: metaText(file, 'draftId'),
        signal: abort.signal,
        onProgress({ sentBytes, totalBytes }) {
          const now = uppy.getFile(id);
          const told = { uploadStarted, bytesUploaded: sentBytes, bytesTotal: totalBytes };
          if (now) emit(uppy, 'upload-progress', now, told);
        },
      });
      const now = uppy.getFile(id);
      if (!now) return;
      emit(uppy, 'upload-success', now, { status: 200, body: answer });
      onStored?.(uppy.getFile(id) ?? now, answer);
    } catch (error) {
      const now = uppy.getFile(id);
      if (now && !abort.signal.aborted) emit(uppy, 'upload-error', now, uppyError(error));
    } finally {
      uppy.off('file-removed', onRemoved);
    }
  }

  uppy.addUploader(async (ids) => {
    const files = ids.map((id) => uppy.getFile(id)).filter((file) => file !== undefined);
    const open = files.filter(({ error, progress }) => !error && !progress?.uploadComplete);
    emit(uppy, 'upload-start', open);
    await inTurns(open, concurrency, ({ id }) => upload(id));
  });
}
