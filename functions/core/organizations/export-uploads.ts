import { copyIncoming } from '#core/files/incoming.ts';
import { type PresignDeps, type Presigned, presign } from '#core/files/presign.ts';
import { completeUpload } from '#core/files/promote.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { completableUpload } from './consuming.ts';
import { exportOf, headersOf, type Job, laterExport } from './export-places.ts';
import { type ExportDeps, makeCurrent } from './export-runs.ts';
import { hardCapBytes } from './policy.ts';
import { fileTooLarge } from './refusals.ts';

/**
 * Begins a CSV that no request carries (docs/contract.md, "Exports"). It lies under a key of its own from the start: which
 * CSV is the job's is decided when it is completed. Throws `file_too_large` and `idempotency_key_reused`.
 */
export async function presignExport(
  deps: PresignDeps,
  job: Job & { subject: string; sizeBytes: number },
  idempotency?: IdempotencyClaim,
): Promise<Presigned> {
  const { sizeBytes } = job;
  if (sizeBytes > hardCapBytes) throw fileTooLarge(hardCapBytes);
  const file = laterExport(job, deps.clock.now());
  return await presign<OrganizationFile>(deps, file, {
    isOwn: exportOf(job),
    declared: { mimeType: file.mimeType, sizeBytes },
    reservationOf: () => ({ idempotency }),
  });
}

/**
 * Makes what was PUT the job's CSV, in place of the one it had, and answers the same when asked again. Nothing passes
 * through here: it is copied inside R2. Throws `upload_not_found` for another job's upload, one that nobody completed in
 * time and one that a later run replaced; and what `completeUpload` throws.
 */
export async function completeExport(
  deps: ExportDeps,
  { uploadId, ...job }: Job & { uploadId: string },
): Promise<OrganizationFile> {
  return await completeUpload<OrganizationFile>(deps, {
    uploadId,
    authorize: completableUpload(deps.clock, uploadId, exportOf(job)),
    async place(file, head) {
      await copyIncoming(deps.objects, file, head, headersOf(job));
      return { mimeType: file.mimeType, sizeBytes: head.sizeBytes };
    },
    settle: async (promotion) => ((await makeCurrent(deps, job, promotion)) === promotion.next ? 'ready' : 'moved'),
  });
}
