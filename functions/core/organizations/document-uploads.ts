import { completeWithinMs, copyIncoming, readIncoming } from '#core/files/incoming.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import { type PresignDeps, type Presigned, presign } from '#core/files/presign.ts';
import { completeUpload } from '#core/files/promote.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { sniffBytes } from '#core/files/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/files/store.ts';
import {
  type DocumentFacts,
  documentHeaders,
  newDocument,
  readSignature,
  requirePdf,
  settleWithSignature,
} from './compliance.ts';
import { completableUpload } from './consuming.ts';
import { documentOf } from './documents.ts';
import { hardCapBytes } from './policy.ts';
import { fileTooLarge } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/**
 * Begins a document that no form carries (docs/contract.md, "Compliance documents"). A signature it names is looked for
 * at once, so that nobody sends a hundred megabytes to learn that it is gone; it is consumed with the document.
 *
 * Throws `file_too_large`, `upload_not_found` for the signature, and `idempotency_key_reused`.
 */
export async function presignDocument(
  deps: PresignDeps & { organizations: OrganizationStore },
  given: DocumentFacts & { sizeBytes: number; idempotency?: IdempotencyClaim | undefined },
): Promise<Presigned> {
  const { orgId, sizeBytes, idempotency } = given;
  if (sizeBytes > hardCapBytes) throw fileTooLarge(hardCapBytes);
  const [signature] = await readSignature(deps, given);
  const now = deps.clock.now();
  // Seven years from the last moment at which its bytes may be stored.
  const keptFrom = new Date(now.getTime() + completeWithinMs);
  const file = newDocument(now, { ...given, formId: given.formId ?? signature?.formId }, { sizeBytes, keptFrom });
  return await presign<OrganizationFile>(deps, file, {
    isOwn: documentOf(orgId),
    declared: { mimeType: file.mimeType, sizeBytes },
    reservationOf: () => ({ idempotency }),
  });
}

/**
 * Finishes it: judged by its first bytes, copied inside R2 into the compliance bucket, and ready in one transaction with
 * its signature. The same again answers the same. What is no PDF, and what names a signature that is gone, takes the
 * upload with it; that is found before anything is in a bucket whose lock would keep it.
 *
 * Throws `upload_not_found` for another organization's upload or one that nobody completed in time, `invalid_file_type`,
 * and what `completeUpload` throws.
 */
export async function completeDocument(
  deps: {
    organizations: OrganizationStore;
    files: FileStore;
    objects: ObjectStore;
    clock: Clock;
    scheduleDelete: (fileId: string) => Promise<void>;
  },
  { orgId, uploadId }: { orgId: string; uploadId: string },
): Promise<OrganizationFile> {
  return await completeUpload<OrganizationFile>(deps, {
    uploadId,
    authorize: completableUpload(deps.clock, uploadId, documentOf(orgId)),
    async place(file, head) {
      const last = Math.min(head.sizeBytes, sniffBytes) - 1;
      requirePdf(await readIncoming(deps.objects, file, head, { first: 0, last }));
      await readSignature(deps, file);
      await copyIncoming(deps.objects, file, head, documentHeaders);
      return { mimeType: file.mimeType, sizeBytes: head.sizeBytes };
    },
    async settle(promotion) {
      const signatures = await readSignature(deps, promotion.file);
      return (await settleWithSignature(deps, promotion, signatures)) ? 'ready' : 'moved';
    },
  });
}
