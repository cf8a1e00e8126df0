import { createApi } from './api.ts';
import { createCleanUp } from './clean-up.ts';
import { imageType } from './image-type.ts';
import type { Offer } from './upload-direct.ts';
import {
  emit,
  forgetKey,
  inTurns,
  isKeyOver,
  keyOf,
  metaText,
  nameIn,
  type StowageUppyOptions,
  type UppyFile,
  type UppyLike,
  uppyError,
} from './uppy-core.ts';

/** Options of `@uppy/aws-s3`, as far as the preset sets them. */
export interface StowageS3Options {
  shouldUseMultipart: false;
  allowedMetaFields: string[];
  generateObjectKey: (file: { id: string }) => string;
  signRequest: (request: { key: string }) => Promise<{ url: string; headers: Record<string, string> }>;
}

/** Completions at a time: each has a picture decoded. */
const atOnce = 3;

/**
 * Options that make `@uppy/aws-s3` upload straight to the bucket: presign where Uppy wants a signature, one PUT a file, and
 * complete as a post-processor, after which `file.response.body` is what the API answered. A file that is removed on the
 * way gives its reservation back. `purpose` and `draftId` are taken from the file's meta.
 */
export function stowageAwsS3<A>(uppy: UppyLike, options: StowageUppyOptions<A>): StowageS3Options {
  const { target, onStored } = options;
  const api = createApi(options);
  const cleanUp = createCleanUp(api);

  async function presign(file: UppyFile): Promise<Offer> {
    const data = file.data as Blob;
    const request = {
      ...target.declared,
      filename: nameIn(file),
      mimeType: await imageType(data),
      sizeBytes: data.size,
      purpose: metaText(file, 'purpose'),
      draftId: metaText(file, 'draftId'),
    };
    const once = async () => {
      const headers = { 'idempotency-key': keyOf(uppy, file.id) };
      return target.open(await api.call('POST', target.presign, { json: request, headers })) as Offer;
    };
    try {
      return await once();
    } catch (error) {
      if (!isKeyOver(error)) throw error;
      forgetKey(uppy, file.id);
      return await once();
    }
  }

  async function signRequest({ key: id }: { key: string }): Promise<{ url: string; headers: Record<string, string> }> {
    await cleanUp.catchUp();
    const file = uppy.getFile(id);
    if (!file) throw new DOMException('The file was removed.', 'AbortError');
    const offer = await presign(file).catch((error) => Promise.reject(uppyError(error)));
    if (!uppy.getFile(id)) {
      await cleanUp.giveBack(target.remove(offer.uploadId));
      throw new DOMException('The file was removed.', 'AbortError');
    }
    uppy.setFileMeta(id, { stowageUploadId: offer.uploadId });
    return { url: offer.uploadUrl, headers: offer.headers };
  }

  /** Begins anew next time: the bucket refused, or the API knows the upload no longer. */
  function startOver(file: UppyFile): void {
    const uploadId = uploadIdOf(file);
    forgetKey(uppy, file.id);
    if (uppy.getFile(file.id)) uppy.setFileMeta(file.id, { stowageUploadId: undefined });
    if (uploadId !== undefined) void cleanUp.giveBack(target.remove(uploadId));
  }

  async function complete(file: UppyFile): Promise<void> {
    const uploadId = uploadIdOf(file);
    if (uploadId === undefined) return;
    emit(uppy, 'postprocess-progress', file, { mode: 'indeterminate', message: '' });
    try {
      const stored = target.open(await api.call('POST', target.complete, { json: { uploadId } })) as A;
      const now = uppy.getFile(file.id);
      if (!now) return void (await cleanUp.giveBack(target.remove(target.idOf(stored))));
      uppy.setFileMeta(file.id, { stowageUploadId: undefined, stowageKey: undefined });
      const { response = {} } = now as { response?: Record<string, unknown> };
      uppy.setFileState(file.id, { response: { ...response, body: stored } });
      onStored?.(uppy.getFile(file.id) ?? now, stored);
    } catch (error) {
      const now = uppy.getFile(file.id);
      if (now) emit(uppy, 'upload-error', now, uppyError(error));
    } finally {
      const now = uppy.getFile(file.id);
      if (now) emit(uppy, 'postprocess-complete', now);
    }
  }

  uppy.addPostProcessor(async (ids) => {
    const sent = ids
      .map((id) => uppy.getFile(id))
      .filter((file): file is UppyFile => file !== undefined && !file.error);
    await inTurns(sent, atOnce, complete);
  });
  uppy.on('upload-error', (given: { id: string } | undefined, error: Error & { status?: number }) => {
    const file = given && uppy.getFile(given.id);
    const isRefusedByBucket = error.name !== 'StowageError' && (error.status ?? 0) >= 400 && (error.status ?? 0) < 500;
    if (file && (isRefusedByBucket || isKeyOver(error))) startOver(file);
  });
  uppy.on('file-removed', (file: UppyFile) => {
    const uploadId = uploadIdOf(file);
    if (uploadId !== undefined) void cleanUp.giveBack(target.remove(uploadId));
  });

  return { shouldUseMultipart: false, allowedMetaFields: [], generateObjectKey: ({ id }) => id, signRequest };
}

/** Stowage chooses the key in the bucket; Uppy's own only has to lead back to the file. */
function uploadIdOf({ meta }: UppyFile): string | undefined {
  return typeof meta.stowageUploadId === 'string' ? meta.stowageUploadId : undefined;
}
