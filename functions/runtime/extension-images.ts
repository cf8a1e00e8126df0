/** What sessions and setup screens do alike with an image: only who it is stored for differs. */
import { cleanFileName } from '#contracts/file-name.ts';
import { presignImage } from '#core/extensions/direct-images.ts';
import type { UploadTarget } from '#core/extensions/new-file.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import type { Headers } from '#http/bearer.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import type { UploadedFile } from '#http/multipart.ts';
import { presignDeps, storeDeps } from './container.ts';

/** Nobody meets the Idempotency-Key of another session, lock or user, nor of another route. */
const scopeOf = (target: UploadTarget, route: '' | ' presign') =>
  target.kind === 'session'
    ? [`session${route}`, target.appId, target.sessionId, target.lockId]
    : [`setup${route}`, target.appId, target.userId];

/** Stores the image of a form. Throws what `storeImage` and `idempotencyOf` throw. */
export async function storeFormImage(
  target: UploadTarget,
  form: { file: UploadedFile; fields: { purpose?: string | undefined }; headers: Headers; arrivedAt: Date },
  settings: AppSettings,
) {
  const { file, fields, headers, arrivedAt } = form;
  const upload = {
    target,
    bytes: file.bytes,
    originalName: file.filename,
    purpose: fields.purpose,
    idempotency: idempotencyOf(headers, scopeOf(target, ''), { bytes: file.bytes, fields }),
    askedAt: arrivedAt,
  };
  return await storeImage(storeDeps(), upload, settings);
}

/** Begins the direct upload of an image. Throws what `presignImage` and `idempotencyOf` throw. */
export async function presignDirectImage(
  target: UploadTarget,
  json: { filename: string; mimeType: string; sizeBytes: number; purpose?: string | undefined },
  { headers, arrivedAt }: { headers: Headers; arrivedAt: Date },
  settings: AppSettings,
) {
  const request = {
    target,
    originalName: cleanFileName(json.filename),
    mimeType: json.mimeType,
    sizeBytes: json.sizeBytes,
    purpose: json.purpose,
    idempotency: idempotencyOf(headers, scopeOf(target, ' presign'), { fields: json }),
    askedAt: arrivedAt,
  };
  return await presignImage(presignDeps(), request, settings);
}
