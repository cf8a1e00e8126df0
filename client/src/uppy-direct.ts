import { createApi } from './api.ts';
import { createCleanUp } from './clean-up.ts';
import { imageType } from './image-type.ts';
import type { UploadTarget } from './targets.ts';
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
import { createUppyParts, type S3Request, type SignedRequest } from './uppy-parts.ts';

/** Options of `@uppy/aws-s3`, as far as the preset sets them. */
export interface StowageS3Options {
  shouldUseMultipart: (file: unknown) => boolean;
  getChunkSize: (file: { size: number }) => number;
  allowedMetaFields: string[];
  generateObjectKey: (file: { id: string }) => string;
  signRequest: (request: S3Request) => Promise<SignedRequest>;
}

export interface StowageUppyS3Options<A, F = unknown> extends StowageUppyOptions<A, F> {
  /**
   * Files of `uploadsTarget` of so many bytes and more go in parts, which are gone on with after a failure; none unless told.
   * A page with a Content Security Policy allows `data:` in `connect-src` then.
   */
  partsMinBytes?: number | undefined;
}

/** Completions at a time: each has a picture decoded. */
const atOnce = 3;

/**
 * Options that make `@uppy/aws-s3` upload straight to the bucket: presign where Uppy wants a signature, one PUT a file or part, and
 * complete as a post-processor, after which `file.response.body` is what the API answered. A file that is removed on the
 * way gives its reservation back. `purpose` and `draftId` are taken from the file's meta.
 */
export function stowageAwsS3<A>(uppy: UppyLike, options: StowageUppyS3Options<A>): StowageS3Options {
  const { target, onStored, partsMinBytes = Number.POSITIVE_INFINITY } = options;
  const api = createApi(options);
  const cleanUp = createCleanUp(api);

  async function presign<O = Offer>(file: UppyFile, more = {}): Promise<O> {
    const data = file.data as Blob;
    const request = {
      ...target.declared,
      filename: nameIn(file),
      mimeType: await imageType(data),
      sizeBytes: data.size,
      purpose: metaText(file, 'purpose'),
      draftId: metaText(file, 'draftId'),
      ...more,
    };
    const once = async () => {
      const headers = { 'idempotency-key': keyOf(uppy, file.id) };
      return target.open(await api.call('POST', target.presign, { json: request, headers })) as O;
    };
    try {
      return await once();
    } catch (error) {
      if (!isKeyOver(error)) throw error;
      forgetKey(uppy, file.id);
      return await once();
    }
  }

  const parts = createUppyParts(
    uppy,
    { api, target: target as UploadTarget<never, unknown>, minBytes: partsMinBytes },
    (file) => presign(file, { parts: true }),
  );
  const large = (id: string) => {
    const file = uppy.getFile(id);
    return file !== undefined && parts.isLarge(file) ? file : undefined;
  };

  async function signRequest(request: S3Request): Promise<SignedRequest> {
    const id = request.key;
    const file = uppy.getFile(id);
    // Uppy aborts the upload of a file that is gone; the API hears of that by itself.
    if (request.uploadId !== undefined || (file && parts.isLarge(file)))
      return await parts.sign(request).catch((error) => Promise.reject(uppyError(error)));
    await cleanUp.catchUp();
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
    if (uppy.getFile(file.id)) {
      uppy.setFileMeta(file.id, { stowageUploadId: undefined });
      uppy.setFileState(file.id, { s3Multipart: undefined });
    }
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

  uppy.addPreProcessor(async (ids) => {
    const found = ids.map(large).filter((file) => file !== undefined);
    if (found.length > 0) await cleanUp.catchUp();
    await inTurns(found, atOnce, parts.prepare);
  });
  uppy.addPostProcessor(async (ids) => {
    const sent = ids
      .map((id) => uppy.getFile(id))
      .filter((file): file is UppyFile => file !== undefined && !file.error);
    await inTurns(sent, atOnce, complete);
  });
  uppy.on('upload-error', (given: { id: string } | undefined, error: Error & { status?: number }) => {
    const file = given && uppy.getFile(given.id);
    const status = error.name === 'StowageError' ? 0 : (error.status ?? 0);
    if (file) parts.refuse(file.id);
    // A part is refused when its URL is over, which another mends; an upload the bucket knows no more is over itself.
    const isRefusedByBucket = file && parts.isLarge(file) ? status === 404 : status >= 400 && status < 500;
    if (file && (isRefusedByBucket || isKeyOver(error))) startOver(file);
  });
  uppy.on('file-removed', (file: UppyFile) => {
    const uploadId = uploadIdOf(file);
    if (uploadId !== undefined) void cleanUp.giveBack(target.remove(uploadId));
  });

  return {
    shouldUseMultipart: (file) => parts.isLarge(file as UppyFile),
    getChunkSize: ({ size }) => parts.chunkOf(size),
    allowedMetaFields: [],
    generateObjectKey: ({ id }) => id,
    signRequest,
  };
}

/** Stowage chooses the key in the bucket; Uppy's own only has to lead back to the file. */
function uploadIdOf({ meta }: UppyFile): string | undefined {
  return typeof meta.stowageUploadId === 'string' ? meta.stowageUploadId : undefined;
}
