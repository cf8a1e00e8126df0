import type { ProcessedImage } from '#core/extensions/ports.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { AppError } from '#core/files/errors.ts';
import { newId, newObjectKey } from '#core/files/ids.ts';
import type { NewFile } from '#core/files/pending.ts';
import type { ObjectHeaders } from '#core/files/ports.ts';
import { type ExtensionFile, objectOf } from '#core/files/record.ts';
import { sliceOf } from '#core/files/slices.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { type ImageFacts, type Variant, variantObject } from '#core/files/variants.ts';
import { either } from '#core/files/words.ts';
import type { NewObject } from '#core/files/write-object.ts';
import { imageTypes } from './image-types.ts';

/** Where an upload goes: into a session, or staged for a setup screen. */
export type UploadTarget =
  | { kind: 'session'; appId: string; userId: string; sessionId: string; lockId: string }
  | { kind: 'setup'; appId: string; userId: string; draftId?: string };

/** What every way of uploading to an extension says about the file. */
export interface ExtensionUpload {
  target: UploadTarget;
  originalName: string;
  purpose?: string | undefined;
  idempotency?: IdempotencyClaim | undefined;
  /** When it was asked for, where that was before it came here: uploads begun since are not given up for this one. */
  askedAt?: Date | undefined;
}

/** What a new file of an extension is; see `pendingRecord` for the rest. */
export function newExtensionFile(
  now: Date,
  { target, originalName, purpose }: ExtensionUpload,
  facts: { mimeType: string; sizeBytes: number; image?: ImageFacts },
  { imagePresets }: Pick<AppSettings, 'imagePresets'>,
): NewFile<ExtensionFile> {
  const owner =
    target.kind === 'session'
      ? { sessionId: target.sessionId, lockId: target.lockId, staged: false }
      : { staged: true, ...(target.draftId !== undefined && { draftId: target.draftId }) };
  const id = newId(now);
  return {
    id,
    scope: 'extension',
    appId: target.appId,
    slice: sliceOf(id),
    userId: target.userId,
    ...owner,
    ...(purpose !== undefined && { purpose }),
    bucket: 'default',
    key: newObjectKey('extensions', id, 'webp'),
    originalName,
    ...facts,
    ...(Object.keys(imagePresets).length > 0 && { presets: imagePresets }),
  };
}

/** When a file stored now expires, epoch milliseconds: staged ones after the app's time, others never. */
export function expiryOf({ staged }: { staged: boolean }, now: Date, settings: AppSettings): { expiresAt?: number } {
  return staged ? { expiresAt: now.getTime() + settings.stagedTtlSeconds * 1000 } : {};
}

/** What the record keeps of a processed image. */
export function factsOf(image: ProcessedImage): { mimeType: string; sizeBytes: number; image: ImageFacts } {
  const { width, height, thumbhash, mimeType, bytes } = image;
  const variants = image.variants.map(({ name, bytes, ...size }): [string, Variant] => [
    name,
    { ...size, sizeBytes: bytes.byteLength },
  ]);
  return {
    mimeType,
    sizeBytes: variants.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, bytes.byteLength),
    image: { width, height, thumbhash, ...(variants.length > 0 && { variants: Object.fromEntries(variants) }) },
  };
}

/** The object of a file and those of its copies. Their bytes never change, and they are read through signed URLs only. */
export function newObjectsOf(file: ExtensionFile, image: ProcessedImage): [NewObject, ...NewObject[]] {
  const headers: ObjectHeaders = { contentType: image.mimeType, cacheControl: 'private, max-age=31536000, immutable' };
  const copies = image.variants.map(({ name, bytes }) => ({ ref: variantObject(file, name), bytes, headers }));
  return [{ ref: objectOf(file), bytes: image.bytes, headers }, ...copies];
}

/** What prefixes let through, as people call it; a prefix that lets none of ours through by its own name. */
function kindsOf(prefixes: string[]): string[] {
  const kinds = Object.entries(imageTypes).filter(([type]) => prefixes.some((prefix) => type.startsWith(prefix)));
  return kinds.length > 0 ? kinds.map(([, name]) => name) : prefixes;
}

/** The administrator's prefixes hold for what a file is. Throws `invalid_file_type`. */
export function requireAllowedType(detected: string, { allowedMimePrefixes }: AppSettings): void {
  if (allowedMimePrefixes.some((prefix) => detected.startsWith(prefix))) return;
  throw new AppError('invalid_file_type', `This extension takes ${either(kindsOf(allowedMimePrefixes))}.`, {
    details: { detected },
  });
}
