import { keySegment } from '#core/files/ids.ts';
import { mediaTypeOf } from '#core/files/media-type.ts';
import type { OrganizationOwnerType } from '#core/files/record.ts';
import { fileTooLarge, unsupportedFileType } from './refusals.ts';

const mebibyte = 1024 * 1024;

/** Whatever the policy says (docs/contract.md, "Policy"). A megabyte is 1024 * 1024 bytes. */
export const hardCapBytes = 100 * mebibyte;

/** A signature drawn on a screen takes a few kilobytes. */
export const signatureMaxBytes = mebibyte;

/** Types and their extensions: of R2's content type there is one spelling, so that what is signed is what was declared. */
type Types = Readonly<Record<string, string>>;

const webImages: Types = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/gif': 'gif' };
const phoneImages: Types = { ...webImages, 'image/heic': 'heic', 'image/heif': 'heif' };
const videos: Types = { 'video/mp4': 'mp4', 'video/quicktime': 'mov' };

interface Policy {
  /** First part of the key (docs/contract.md, "Key names"). */
  prefix: string;
  allows: readonly { types: Types; maxBytes: number }[];
  /** How long an upload may wait for what consumes it, milliseconds. */
  stagedForMs: number;
}

/** Parents are written at once; a logo, a page or a form may be worked on for hours. */
const stagedForParentMs = 15 * 60_000;
const stagedForEditorMs = 24 * 3_600_000;

/** What may be presigned, and as what (docs/contract.md, "Policy"; the last four beside the table). */
const policies = {
  exercise_comment: {
    prefix: 'exercise-comments',
    allows: [
      { types: phoneImages, maxBytes: 10 * mebibyte },
      { types: videos, maxBytes: 50 * mebibyte },
    ],
    stagedForMs: stagedForParentMs,
  },
  progress_photo: {
    prefix: 'progress-photos',
    allows: [{ types: phoneImages, maxBytes: 15 * mebibyte }],
    stagedForMs: stagedForParentMs,
  },
  message: {
    prefix: 'messages/uploads',
    allows: [{ types: webImages, maxBytes: 10 * mebibyte }],
    stagedForMs: stagedForParentMs,
  },
  logo: {
    prefix: 'logos',
    allows: [{ types: webImages, maxBytes: 10 * mebibyte }],
    stagedForMs: stagedForEditorMs,
  },
  minisite_asset: {
    prefix: 'minisites',
    allows: [{ types: webImages, maxBytes: 10 * mebibyte }],
    stagedForMs: stagedForEditorMs,
  },
  workout_media: {
    prefix: 'workouts',
    allows: [
      { types: phoneImages, maxBytes: 15 * mebibyte },
      { types: videos, maxBytes: hardCapBytes },
    ],
    stagedForMs: stagedForParentMs,
  },
  signature: {
    prefix: 'signatures',
    allows: [{ types: { 'image/png': 'png' }, maxBytes: signatureMaxBytes }],
    stagedForMs: stagedForEditorMs,
  },
} as const satisfies Partial<Record<OrganizationOwnerType, Policy>>;

export type UploadOwnerType = keyof typeof policies;

export const policyOf = (ownerType: UploadOwnerType): Policy => policies[ownerType];

/**
 * The extension of an upload the policy allows. The hard cap comes first, then the type, then the size of that type.
 * Throws `file_too_large` and `invalid_file_type`.
 */
export function checkPolicy(ownerType: UploadOwnerType, declared: { mimeType: string; sizeBytes: number }): string {
  if (declared.sizeBytes > hardCapBytes) throw fileTooLarge(hardCapBytes);
  const { allows } = policyOf(ownerType);
  const mimeType = mediaTypeOf(declared.mimeType);
  const allowed = allows.find(({ types }) => Object.hasOwn(types, mimeType));
  const ext = allowed?.types[mimeType];
  if (allowed === undefined || ext === undefined) {
    throw unsupportedFileType({
      declared: declared.mimeType,
      allowed: allows.flatMap(({ types }) => Object.keys(types)),
    });
  }
  if (declared.sizeBytes > allowed.maxBytes) throw fileTooLarge(allowed.maxBytes);
  return ext;
}

/**
 * Where the bytes of an upload will lie: `<prefix>/<owner>/<uploadId>.<ext>`, the owner being the uploader or, for what
 * belongs to everybody in it, the organization, and of a workout's media the workout in it.
 */
export function keyOf(ownerType: UploadOwnerType, owner: readonly string[], uploadId: string, ext: string): string {
  return `${policyOf(ownerType).prefix}/${owner.map(keySegment).join('/')}/${uploadId}.${ext}`;
}
