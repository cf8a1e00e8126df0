import { AppError } from '#core/files/errors.ts';
import { giveUpFailed } from '#core/files/give-up.ts';
import { idPattern, newIncomingKey } from '#core/files/ids.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import {
  type PartPlan,
  partSeconds,
  partSizeOf,
  partSizes,
  partsLifeMs,
  partsWaitMs,
  sortParts,
} from '#core/files/parts.ts';
import { pendingRecord } from '#core/files/pending.ts';
import type { ObjectStore, PartStore, UploadedPart, UrlSigner } from '#core/files/ports.ts';
import { type PresignDeps, uploadOver } from '#core/files/presign.ts';
import { type FileRecord, type Incoming, incomingOf, isAwaited, type UploadFile } from '#core/files/record.ts';
import { requireSameContent, reserve } from '#core/files/reserve.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { type DeclaredUpload, describeDirect } from './direct-upload.ts';
import { ownedBy } from './own-uploads.ts';
import type { UploadStore } from './ports.ts';
import type { UploadSettings } from './settings.ts';

/** URLs of one answer: 60 KB of them, and an hour of a line that carries 150 KB a second. */
export const mostOffered = 100;

/** How an upload in parts goes on: what is there, and where the next parts go. */
export interface PartsOffer {
  uploadId: string;
  method: 'PUT';
  partSizeBytes: number;
  partCount: number;
  uploadedParts: UploadedPart[];
  /** The first of those asked for, or of those missing, at most {@link mostOffered}. */
  parts: { number: number; uploadUrl: string; contentLength: number }[];
  /** Seconds the URLs live. */
  expiresIn: number;
  /** Until when the upload can be completed, unless its parts are asked for again. */
  expiresAt: Date;
}

export interface PartDeps extends PresignDeps {
  uploads: UploadStore;
  parts: PartStore;
  objects: ObjectStore;
}

type InParts = Incoming & { parts: PartPlan };
type PartFile = UploadFile & { incoming: InParts };
type Begun = UploadFile & { incoming: Incoming & { parts: Required<PartPlan> } };

/**
 * Begins the direct upload of a file in parts (docs/contract.md, "In parts"): its record first, then R2's upload, then the
 * record knows that. Killed in between, the next call with this Idempotency-Key goes on from there, and what R2 was left
 * with ends with the record. Throws as `presignUpload` does.
 */
export async function presignParts(
  deps: PartDeps,
  request: DeclaredUpload,
  settings: UploadSettings,
): Promise<PartsOffer> {
  const now = deps.clock.now();
  const { file, declared } = describeDirect(now, request, settings);
  const until = now.getTime() + partsWaitMs;
  const incoming: Incoming = {
    ...declared,
    key: newIncomingKey(file.id),
    urlExpiresAt: until + partSeconds * 1000,
    parts: { sizeBytes: partSizeOf(declared.sizeBytes) },
  };
  const pending = pendingRecord<UploadFile>(now, file, { incoming, until });
  const earlier = await reserve(deps.files, pending, { idempotency: request.idempotency, lost: deps });
  if (earlier === undefined) {
    try {
      return await offer(deps, await begun(deps, asPartFile(deps, pending, request.userId)), []);
    } catch (error) {
      // Nobody could ask for it again.
      if (request.idempotency === undefined) await giveUpFailed(deps, pending);
      throw error;
    }
  }
  requireSameContent(earlier, request.idempotency);
  const found = await deps.files.get(earlier.fileId);
  if (!isInParts(deps, found, request.userId)) throw uploadOver(earlier.fileId);
  return await nextParts(deps, { uploadId: found.id, userId: request.userId });
}

/**
 * What of an upload is there, and URLs for these parts of it, or for those that are missing. Keeps it open for another
 * day, for six days in all. Throws `file_not_found` for an upload that is over or another user's, and `validation_failed`
 * for parts it has not.
 */
export async function nextParts(
  deps: PartDeps,
  { uploadId, userId, numbers }: { uploadId: string; userId: string; numbers?: number[] | undefined },
): Promise<PartsOffer> {
  const found = idPattern.test(uploadId) ? await deps.files.get(uploadId) : undefined;
  const file = await begun(deps, asPartFile(deps, found, userId));
  const sizes = partSizes(file.incoming, file.incoming.parts);
  const beyond = numbers?.find((number) => number > sizes.length);
  if (beyond !== undefined) {
    const message = `Ask for parts of this upload: it has ${sizes.length}, and no part ${beyond}.`;
    throw new AppError('validation_failed', message, { details: { issues: [{ path: 'numbers', message }] } });
  }
  const uploaded = await deps.parts.list(incomingOf(file.incoming), file.incoming.parts.uploadId);
  if (uploaded !== undefined) return await offer(deps, await keptOpen(deps, file), uploaded, numbers);
  // Joined, but not completed: whoever did was cut off, and there is nothing to PUT any more.
  const whole = (await deps.objects.head(incomingOf(file.incoming)))?.sizeBytes === file.incoming.sizeBytes;
  if (!whole) throw fileNotFound();
  const all = sizes.map((sizeBytes, index) => ({ number: index + 1, sizeBytes, etag: '' }));
  return await offer(deps, file, all, []);
}

function isInParts({ clock }: PartDeps, file: FileRecord | undefined, userId: string): file is PartFile {
  return ownedBy(file, userId) && isAwaited(file, clock.now()) && file.incoming?.parts !== undefined;
}

function asPartFile(deps: PartDeps, file: FileRecord | undefined, userId: string): PartFile {
  if (!isInParts(deps, file, userId)) throw fileNotFound();
  return file;
}

/** The upload once R2 knows of it: begun there now where nobody did, or whoever did could not write it down. */
async function begun(deps: PartDeps, file: PartFile): Promise<Begun> {
  let current = file;
  return await retryOnMoved(async () => {
    if (current.incoming.parts.uploadId !== undefined) return current as Begun;
    const ref = incomingOf(current.incoming);
    const uploadId = await deps.parts.begin(ref, { contentType: current.incoming.mimeType });
    const incoming = { ...current.incoming, parts: { ...current.incoming.parts, uploadId } };
    const next = await deps.uploads.keepOpen(current, { incoming, until: current.expiresAt ?? 0 });
    if (next !== undefined) return next as Begun;
    // Another call was first, or the upload is over.
    await deps.parts.abort(ref, uploadId);
    current = asPartFile(deps, await deps.files.get(file.id), file.userId);
    return moved;
  });
}

/** Often asked, it is written once an hour. */
const worthWritingMs = 3_600_000;

async function keptOpen(deps: PartDeps, file: Begun): Promise<Begun> {
  let current = file;
  return await retryOnMoved(async () => {
    const last = Date.parse(current.createdAt) + partsLifeMs;
    const until = Math.min(deps.clock.now().getTime() + partsWaitMs, last);
    if (until - (current.expiresAt ?? 0) < worthWritingMs) return current;
    const incoming = { ...current.incoming, urlExpiresAt: until + partSeconds * 1000 };
    const next = await deps.uploads.keepOpen(current, { incoming, until });
    if (next !== undefined) return next as Begun;
    current = (await begun(deps, asPartFile(deps, await deps.files.get(file.id), file.userId))) as Begun;
    return moved;
  });
}

async function offer(
  { signer }: { signer: UrlSigner },
  file: Begun,
  uploaded: UploadedPart[],
  numbers?: number[],
): Promise<PartsOffer> {
  const { incoming } = file;
  const sizes = partSizes(incoming, incoming.parts);
  const { present, missing } = sortParts(sizes, uploaded);
  const wanted = (numbers ?? missing).slice(0, mostOffered);
  const parts = wanted.map(async (number) => {
    const contentLength = sizes[number - 1] ?? 0;
    const options = { uploadId: incoming.parts.uploadId, partNumber: number, contentLength };
    const { url } = await signer.presignPart(incomingOf(incoming), { ...options, expiresInSeconds: partSeconds });
    return { number, uploadUrl: url, contentLength };
  });
  return {
    uploadId: file.id,
    method: 'PUT',
    partSizeBytes: incoming.parts.sizeBytes,
    partCount: sizes.length,
    uploadedParts: present,
    parts: await Promise.all(parts),
    expiresIn: partSeconds,
    expiresAt: new Date(file.expiresAt ?? 0),
  };
}
