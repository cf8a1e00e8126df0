import type { uploadContract } from '#contracts/upload-form.ts';
import { newUploadView, requirePlace, success } from '#contracts/upload-views.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { scanPolicy, storeUploadDeps, uploadPlaces, uploadSettings } from './container.ts';
import { serveForm } from './serve-form.ts';

/** The two upload endpoints of the uploads API: they differ in the bucket, and so in who can open the file. */
export function serveUpload(visibility: 'public' | 'private', contract: ReturnType<typeof uploadContract>) {
  return serveForm(
    `uploads/upload-${visibility}`,
    contract,
    async () => {
      requirePlace(visibility === 'public' ? 'public' : 'default', uploadPlaces());
      const settings = await uploadSettings().get();
      return { ...settings, direct: directRoutes('uploads/presign', 'uploads/complete', {}) };
    },
    async ({ caller: { userId }, file, fields, headers, limits }) => {
      const upload = {
        userId,
        visibility,
        bytes: file.bytes,
        declaredType: file.declaredType,
        originalName: file.filename,
        coinName: fields.coinName,
        scan: scanPolicy(),
        idempotency: idempotencyOf(headers, [`upload ${visibility}`, userId], { bytes: file.bytes, fields }),
      };
      const stored = await storeUpload(storeUploadDeps(), upload, limits);
      return success('file Uploaded Successfully', newUploadView(stored, uploadPlaces()));
    },
  );
}
