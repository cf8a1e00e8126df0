import { type Api, successOf } from './api.ts';
import { type RetryOptions, throwIfAborted, withRetry } from './retry.ts';
import type { UploadTarget } from './targets.ts';
import { exchange } from './transport.ts';
import type { UploadOptions } from './uploader.ts';

export interface UploadParts<A> {
  api: Api;
  target: UploadTarget<A>;
  retry: RetryOptions;
}

/**
 * Uploads by multipart form. All tries carry one Idempotency-Key, so that an answer that got lost does not store the
 * file twice. An abort that comes when everything is sent waits for the answer and deletes what was stored.
 */
export async function uploadForm<A>(
  { api, target, retry }: UploadParts<A>,
  file: Blob,
  { filename = nameOf(file), purpose, draftId, signal, onProgress }: UploadOptions,
): Promise<A> {
  const key = newKey();
  const attempt = async () => {
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
      onSent: (sent) => onProgress?.({ sentBytes: Math.min(sent, file.size), totalBytes: file.size }),
      keepFrom: file.size,
    });
    return target.open(successOf({ ...answer, retryAfter: answer.header('retry-after') })) as A;
  };
  const stored = await withRetry(attempt, retry, signal);
  await undoIfAborted(api, target, target.idOf(stored), signal);
  onProgress?.({ sentBytes: file.size, totalBytes: file.size });
  return stored;
}

/** Throws `aborted` when the signal says so, after deleting the file; it may be gone or not yet there. */
export async function undoIfAborted(
  api: Api,
  target: Pick<UploadTarget, 'remove'>,
  fileId: string,
  signal?: AbortSignal,
): Promise<void> {
  if (signal?.aborted) await api.call('DELETE', target.remove(fileId)).catch(() => undefined);
  throwIfAborted(signal);
}

/** The name of a `File`; a Blob has none. */
export function nameOf(file: Blob): string {
  const { name } = file as { name?: unknown };
  return typeof name === 'string' && name !== '' ? name : 'upload';
}

/** An Idempotency-Key: random, since what it stands for is one wish of one person. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
