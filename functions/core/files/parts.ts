/**
 * A direct upload in parts (docs/contract.md, "In parts"): R2's multipart upload at an incoming key. Its parts are PUT by
 * signed URLs, which can make no object; only the service joins them. So what lies at the incoming key never changes once
 * it is there, and is judged and promoted as what came by one PUT is.
 */
import { AppError } from './errors.ts';
import { notUploaded } from './incoming.ts';
import type { PartStore, UploadedPart } from './ports.ts';
import { type FileRecord, type Incoming, incomingOf } from './record.ts';

/** Of an upload in parts: how it is cut, and R2's name for it. */
export interface PartPlan {
  /** Bytes of every part but the last, which has the rest: R2 wants them equal. */
  sizeBytes: number;
  /** R2's, once the upload has begun there: the record is written before. */
  uploadId?: string;
}

/** Life of a signed PUT of a part, seconds. */
export const partSeconds = 3600;

/** From the last time its parts were asked for until an upload can no longer be completed, milliseconds. */
export const partsWaitMs = 86_400_000;

/** From presign until it can no longer be completed, however often it is asked for; R2 aborts after seven days. */
export const partsLifeMs = 6 * 86_400_000;

/** Cloudflare: "Multipart upload". */
const minPartBytes = 5 * 1_048_576;

/** Few enough for one page of R2's list and of our answer; of R2's most a twentieth. */
const mostParts = 500;

/** The size of the parts of a file: 5 MiB, or as many whole MiB as keep it to 500 parts. Known from the file's size alone. */
export function partSizeOf(fileBytes: number): number {
  return Math.max(minPartBytes, Math.ceil(fileBytes / mostParts / 1_048_576) * 1_048_576);
}

/** How many bytes each part has, by its number less one. */
export function partSizes({ sizeBytes }: Pick<Incoming, 'sizeBytes'>, { sizeBytes: each }: PartPlan): number[] {
  const count = Math.max(1, Math.ceil(sizeBytes / each));
  return Array.from({ length: count }, (_, index) => Math.min(each, sizeBytes - index * each));
}

/** The parts that are there as they should be, and the numbers of all others. */
export function sortParts(sizes: number[], uploaded: UploadedPart[]): { present: UploadedPart[]; missing: number[] } {
  const present = uploaded.filter(({ number, sizeBytes }) => sizes[number - 1] === sizeBytes);
  const numbers = new Set(present.map(({ number }) => number));
  const missing = sizes.map((_, index) => index + 1).filter((number) => !numbers.has(number));
  return { present, missing };
}

/** Parts that a refusal names. */
const mostNamed = 100;

/** A part may be PUT anew between the list and the joining; more than this often in a row is no accident. */
const maxTurns = 3;

/**
 * Joins the parts of an upload at its incoming key, all of them and exactly as declared; nothing where it came by one PUT,
 * or was joined before. Safe to repeat, and beside itself: R2 ends an upload once. Throws `file_not_uploaded`, which names
 * the parts that are missing.
 */
export async function joinParts({ parts }: { parts: PartStore }, file: FileRecord): Promise<void> {
  const { incoming } = file;
  if (incoming?.parts === undefined) return;
  const ref = incomingOf(incoming);
  const sizes = partSizes(incoming, incoming.parts);
  const { uploadId } = incoming.parts;
  if (uploadId === undefined) throw partsMissing(file.id, sortParts(sizes, []).missing);
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const uploaded = await parts.list(ref, uploadId);
    // Joined by another call, or gone: what lies at the key tells.
    if (uploaded === undefined) return;
    const { present, missing } = sortParts(sizes, uploaded);
    if (missing.length > 0) throw partsMissing(file.id, missing);
    const joined = await parts.join(ref, { uploadId, parts: present, sizeBytes: incoming.sizeBytes });
    if (joined !== 'changed') return;
  }
  throw new AppError('request_in_progress', 'Parts are still being uploaded. Complete when all of them are answered.', {
    retryAfterSeconds: 2,
  });
}

function partsMissing(fileId: string, missing: number[]): AppError {
  const { code, message } = notUploaded(fileId);
  return new AppError(code, `${message} ${missing.length} of its parts are missing.`, {
    details: { missingParts: missing.slice(0, mostNamed) },
  });
}
