import { isStowageError, StowageError } from './errors.ts';
import { imageType } from './image-type.ts';
import { isPassing, throwIfAborted, withRetry } from './retry.ts';
import { exchange } from './transport.ts';
import { nameOf, type UploadParts, undoIfAborted } from './upload-form.ts';
import type { UploadOptions } from './uploader.ts';

/** Where to PUT the bytes, with these headers (docs/contract.md, "Direct upload"). */
export interface Offer {
  uploadId: string;
  uploadUrl: string;
  method: 'PUT';
  headers: Record<string, string>;
  expiresIn: number;
}

/** Headers that the browser or Node sets itself, from the body, and lets nobody else set. */
const automatic = new Set(['content-length', 'host']);

/**
 * Uploads straight to the bucket: presign, PUT, complete. Each step is safe to repeat: presign by its Idempotency-Key,
 * the PUT since what counts lies there at complete, which goes by the API's word. A URL that is refused, as an expired one is,
 * is presigned anew once. Aborted or failed, the file's reservation is given back; where that cannot be told now, the key
 * is kept, so that the same file takes the reservation up again.
 */
export async function uploadDirect<A>(parts: UploadParts<A>, file: Blob, options: UploadOptions): Promise<A> {
  const { api, target, cleanUp, keys } = parts;
  const { signal, filename = nameOf(file), purpose, draftId } = options;
  const request = {
    ...target.declared,
    filename,
    mimeType: await imageType(file),
    sizeBytes: file.size,
    purpose,
    draftId,
  };
  const wish = JSON.stringify([target.presign, request]);

  async function begin(key: string): Promise<Offer & { key: string }> {
    try {
      // Not aborted midway: only its answer says what there is to give back.
      const answer = await api.call('POST', target.presign, { json: request, headers: { 'idempotency-key': key } });
      return { ...(target.open(answer) as Offer), key };
    } catch (error) {
      if (isPassing(error)) keys.keep(file, { key, wish });
      throw error;
    }
  }

  for (let round = 1; ; round += 1) {
    throwIfAborted(signal);
    const offer = await keys.under(file, wish, begin);
    const undo = target.remove(offer.uploadId);
    let stored: A;
    try {
      await put(parts, offer, file, options);
      stored = target.open(await api.call('POST', target.complete, { json: { uploadId: offer.uploadId } })) as A;
    } catch (error) {
      if (!(await cleanUp.giveBack(undo))) keys.keep(file, { key: offer.key, wish, undo });
      if (round === 1 && isStowageError(error, 'upload_refused')) continue;
      throw error;
    }
    await undoIfAborted(cleanUp, target.remove(target.idOf(stored)), signal);
    return stored;
  }
}

async function put(
  { api, retry }: Pick<UploadParts<unknown>, 'api' | 'retry'>,
  offer: Offer,
  file: Blob,
  options: UploadOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const headers = Object.fromEntries(
    Object.entries(offer.headers).filter(([name]) => !automatic.has(name.toLowerCase())),
  );
  const attempt = async () => {
    const { status } = await exchange({
      method: offer.method,
      url: offer.uploadUrl,
      headers,
      body: file,
      signal,
      stallMs: api.stallMs,
      onSent: (sent) => onProgress?.({ sentBytes: Math.min(sent, file.size), totalBytes: file.size }),
    });
    // 412: an earlier try arrived although its answer did not. The API checks what lies there.
    if ((status >= 200 && status < 300) || status === 412) return;
    // R2 takes one write a second to a key, and says with no header when to come again (Cloudflare: "Limits").
    const retryAfterSeconds = status === 429 ? 1 : undefined;
    throw new StowageError('upload_refused', `The bucket refused the upload (${status}).`, {
      status,
      retryAfterSeconds,
    });
  };
  await withRetry(attempt, retry, signal);
}
