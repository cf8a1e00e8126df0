import { type Api, successOf } from './api.ts';
import type { CleanUp } from './clean-up.ts';
import { noteDate } from './clock.ts';
import { isStowageError } from './errors.ts';
import type { KeptKeys } from './kept-keys.ts';
import { isPassing, type RetryOptions, throwIfAborted, withRetry } from './retry.ts';
import type { UploadTarget } from './targets.ts';
import { exchange } from './transport.ts';
import type { UploadOptions } from './uploader.ts';

export interface UploadParts<A> {
  api: Api;
  target: UploadTarget<A, unknown>;
  retry: RetryOptions;
  cleanUp: CleanUp;
  keys: KeptKeys;
}

/**
 * Uploads by multipart form. All tries carry one Idempotency-Key, so that an answer that got lost does not store the
 * file twice, and it is kept for whoever tries the same file again. An abort that comes when everything is sent waits for
 * the answer and deletes what was stored.
 */
export async function uploadForm<A>(
  { api, target, retry, cleanUp, keys }: UploadParts<A>,
  file: Blob,
  { filename = nameOf(file), purpose, draftId, signal, onProgress }: UploadOptions,
): Promise<A> {
  const attempt = async (key: string) => {
    const body = new FormData();
    if (purpose) body.set('purpose', purpose);
    if (draftId) body.set('draftId', draftId);
    // Last, so that everything else is in the first bytes that leave.
    body.set('file', file, filename);
    const answer = await exchange({
      method: 'POST',
      url: api.url(target.form),
      headers: { ...(await api.headers()), 'idempotency-key': key },
      body,
      signal,
      stallMs: api.stallMs,
      onSent: (sent) => onProgress?.({ sentBytes: Math.min(sent, file.size), totalBytes: file.size }),
      keepFrom: file.size,
    });
    noteDate(answer.header('date'));
    return target.open(successOf({ ...answer, retryAfter: answer.header('retry-after') })) as A;
  };
  const wish = JSON.stringify([target.form, filename, purpose, draftId]);
  const stored = await keys.under(file, wish, (key) =>
    withRetry(() => attempt(key), retry, signal).catch((error) => {
      // An earlier try may have arrived although its answer did not.
      if (isPassing(error) || isStowageError(error, 'aborted')) keys.keep(file, { key, wish });
      throw error;
    }),
  );
  await undoIfAborted(cleanUp, target.remove(target.idOf(stored)), signal);
  onProgress?.({ sentBytes: file.size, totalBytes: file.size });
  return stored;
}

/** Throws `aborted` when the signal says so, after deleting the file; it may be gone or not yet there. */
export async function undoIfAborted(cleanUp: CleanUp, path: string, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) await cleanUp.giveBack(path);
  throwIfAborted(signal);
}

/** The name of a `File`; a Blob has none. */
export function nameOf(file: Blob): string {
  const { name } = file as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : 'upload';
}
