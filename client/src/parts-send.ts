import { StowageError } from './errors.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { exchange } from './transport.ts';
import type { Progress } from './types.ts';

/** Where a part goes. */
export interface PartUrl {
  partNumber: number;
  uploadUrl: string;
  contentLength: number;
}

interface Sending {
  file: Blob;
  partSizeBytes: number;
  uploadedParts: { sizeBytes: number }[];
  parts: PartUrl[];
  concurrency: number;
  retry: RetryOptions;
  stallMs: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Sends parts, several at a time, each with back-off of its own. One that fails for good ends the others. Rejects with
 * `upload_refused`, `network_error` or `aborted`, when none is under way any more.
 */
export async function sendParts(sending: Sending): Promise<void> {
  const { file, uploadedParts, parts, concurrency, signal, onProgress } = sending;
  const there = uploadedParts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sent = new Map<number, number>();
  const tell = (partNumber: number, bytes: number) => {
    sent.set(partNumber, bytes);
    const sentBytes = [...sent.values()].reduce((sum, each) => sum + each, there);
    onProgress?.({ sentBytes: Math.min(sentBytes, file.size), totalBytes: file.size });
  };
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const queue = parts.values();
  let failure: { error: unknown } | undefined;
  const work = async () => {
    for (const part of queue) {
      try {
        await sendPart({ ...sending, signal: both }, part, (bytes) => tell(part.partNumber, bytes));
      } catch (error) {
        failure ??= { error };
        return stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  if (failure) throw failure.error;
}

async function sendPart(
  { file, partSizeBytes, retry, stallMs, signal }: Sending,
  { partNumber, uploadUrl, contentLength }: PartUrl,
  onSent: (bytes: number) => void,
): Promise<void> {
  const start = (partNumber - 1) * partSizeBytes;
  // Without a type: a header of it would be one that a bucket's CORS rules must name.
  const body = file.slice(start, start + contentLength, '');
  const attempt = async () => {
    onSent(0);
    const headers = {};
    const told = (bytes: number) => onSent(Math.min(bytes, contentLength));
    const { status } = await exchange({ method: 'PUT', url: uploadUrl, headers, body, signal, stallMs, onSent: told });
    if (status >= 200 && status < 300) return onSent(contentLength);
    const retryAfterSeconds = status === 429 ? 1 : undefined;
    throw new StowageError('upload_refused', `The bucket refused a part (${status}).`, { status, retryAfterSeconds });
  };
  await withRetry(attempt, retry, signal);
}
