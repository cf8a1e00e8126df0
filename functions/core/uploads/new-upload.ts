import { AppError } from '#core/files/errors.ts';
import { keySegment, newId, newUuid } from '#core/files/ids.ts';
import type { NewFile } from '#core/files/pending.ts';
import type { DetectedType, ObjectHeaders } from '#core/files/ports.ts';
import type { ScanPolicy } from '#core/files/quarantine.ts';
import type { UploadFile } from '#core/files/record.ts';
import { sniffBytes } from '#core/files/sniff.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import type { Remote, TypeDetector } from '#core/uploads/ports.ts';
import { servingOf } from './serving.ts';
import { allowsType, type UploadSettings } from './settings.ts';
import { isNamedText, plainText, textTypeOf } from './text-types.ts';

export type Visibility = 'public' | 'private';

/** What every way of uploading says about the file. */
export interface UploadRequest {
  userId: string;
  visibility: Visibility;
  /** Clean already; kept as it is and no part of any key (docs/contract.md, "Upload a file"). */
  originalName: string;
  coinName?: string | undefined;
  idempotency?: IdempotencyClaim | undefined;
  /** Where scanning is on: nothing is given out before a verdict. */
  scan?: ScanPolicy | undefined;
}

/**
 * What a new upload is; see `pendingRecord` for the rest. Its key is its `name`, `public/<userId>/<uuid>.<ext>`;
 * without a type, as of a direct upload that nobody has looked at, the key has no extension yet.
 */
export function newUpload(
  now: Date,
  request: UploadRequest,
  facts: { mimeType: string; sizeBytes: number; ext?: string },
): NewFile<UploadFile> {
  const { userId, visibility, originalName, coinName, scan } = request;
  const bucket = visibility === 'public' ? 'public' : 'default';
  const id = newId(now);
  const stem = `${visibility}/${keySegment(userId)}/${newUuid(id)}`;
  return {
    id,
    scope: 'upload',
    userId,
    ...(coinName !== undefined && { coinName }),
    ...(scan === undefined
      ? { bucket }
      : { bucket: 'default', quarantine: { ...scan }, ...(bucket === 'public' && { also: bucket }) }),
    key: facts.ext === undefined ? stem : keyFor(stem, facts.ext),
    originalName,
    mimeType: facts.mimeType,
    sizeBytes: facts.sizeBytes,
  };
}

/** The key with the extension of what the bytes are, whatever extension it had. */
export function keyFor(key: string, ext: string): string {
  return `${key.replace(/\.[^/.]*$/, '')}.${ext}`;
}

/** Whether `keyFor` has given the key its extension: the segment before it is a UUID, which has no dot. */
export const isNamed = (key: string): boolean => /\.[^/.]*$/.test(key);

/** What a name is turned into for `Content-Disposition`; the header's grammar is none of the rules' business. */
export type Disposition = (type: 'inline' | 'attachment', fileName: string) => string;

export interface JudgeDeps {
  types: TypeDetector;
  disposition: Disposition;
}

export interface JudgedUpload {
  originalName: string;
  /** The client's claim, which counts among texts only. */
  declaredType: string;
  bucket: UploadFile['bucket'];
  settings: UploadSettings;
  /** Where the other bytes are, when only the first ones are given. */
  remote?: Remote;
}

/**
 * What a file is by its bytes, or its first ones, a text also by its claimed type or name (`textTypeOf`), and the headers that make serving it safe. Throws `invalid_file_type`
 * when the administrator does not allow what it is.
 */
export async function judge(
  { types, disposition }: JudgeDeps,
  bytes: Uint8Array,
  upload: JudgedUpload,
): Promise<{ type: DetectedType; headers: ObjectHeaders }> {
  const { originalName, bucket, settings, remote } = upload;
  const found = await types.detect(bytes, remote);
  const type = found.mimeType === plainText.mimeType ? textOf(bytes, upload) : found;
  requireAllowed(type.mimeType, settings);
  const serving = servingOf(type, { originalName, utf8: isUtf8(bytes) });
  const headers = {
    contentType: serving.contentType,
    contentDisposition: disposition(serving.disposition, originalName),
    // The bytes at a key never change, so whoever has them may keep them.
    cacheControl: `${bucket === 'public' ? 'public' : 'private'}, max-age=31536000, immutable`,
  };
  return { type, headers };
}

/**
 * The claim counts of UTF-8 only: other encodings cannot be told. Judged by the first bytes, as a direct upload is. Where
 * the administrator allows plain text and not this one, it is kept as plain text, which it is as well.
 */
function textOf(bytes: Uint8Array, { settings: { allowedTypes }, ...claim }: JudgedUpload): DetectedType {
  const named = isUtf8(bytes.subarray(0, sniffBytes)) ? textTypeOf(claim) : plainText;
  return allowsType(allowedTypes, named.mimeType) ? named : plainText;
}

/**
 * Refuses what is declared as a type that could not be kept under any name it may turn out to have. Throws
 * `invalid_file_type`.
 */
export function requireAllowedClaim(
  claim: { declaredType: string; originalName: string },
  settings: UploadSettings,
): void {
  const { declaredType } = claim;
  const text = textTypeOf(claim).mimeType;
  const isText = declaredType === plainText.mimeType || isNamedText(text);
  const possible = isText ? [declaredType, text, plainText.mimeType] : [declaredType];
  if (!possible.some((type) => allowsType(settings.allowedTypes, type))) requireAllowed(declaredType, settings);
}

/** Throws `invalid_file_type`. */
export function requireAllowed(detected: string, { allowedTypes }: UploadSettings): void {
  if (allowsType(allowedTypes, detected)) return;
  throw new AppError('invalid_file_type', `Only ${allowedTypes.join(', ')} can be uploaded here.`, {
    details: { detected },
  });
}

/** A character cut at the end is no fault: these may be the first bytes only. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
