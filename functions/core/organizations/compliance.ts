import { AppError } from '#core/files/errors.ts';
import { giveUpFailed } from '#core/files/give-up.ts';
import { keySegment, newId, newObjectKey } from '#core/files/ids.ts';
import { type NewFile, pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import { type OrganizationFile, objectOf, retainedUntil, settled } from '#core/files/record.ts';
import { findReplay, replay } from '#core/files/replay.ts';
import { reserve } from '#core/files/reserve.ts';
import { sniff } from '#core/files/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/files/store.ts';
import { consumeUploads, isStaged } from './consuming.ts';
import { documentOf, readDocument } from './documents.ts';
import { notFound, storageRefusal, unsupportedFileType, uploadNotFound } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/** What a form carries through Lambda (AWS Lambda developer guide, "Lambda quotas"). */
export const maxDocumentBytes = 4 * 1024 * 1024;

/** docs/contract.md, "Compliance documents". We hold to it, whatever the bucket's own lock does. */
const retentionYears = 7;

interface Deps {
  organizations: OrganizationStore;
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

export interface ComplianceDocument {
  orgId: string;
  subject: string;
  bytes: Uint8Array;
  originalName: string;
  formId?: string | undefined;
  signatureUploadId?: string | undefined;
  idempotency?: IdempotencyClaim | undefined;
}

/**
 * Stores a signed PDF in the compliance bucket (the default one when there is none) and, when it names one, consumes the
 * signer's signature with it, in one transaction. Neither can be deleted for seven years.
 *
 * Throws `invalid_file_type` for anything but a PDF, the refusals of a parent write for the signature,
 * `idempotency_key_reused`, `request_in_progress` and `temporarily_unavailable`.
 */
export async function storeComplianceDocument(deps: Deps, given: ComplianceDocument): Promise<OrganizationFile> {
  const detected = sniff(given.bytes).mimeType;
  if (detected !== 'application/pdf') throw unsupportedFileType({ detected, allowed: ['application/pdf'] });
  const { idempotency } = given;
  const repeated = idempotency && (await findReplay(deps, documentOf(given.orgId), idempotency));
  if (repeated !== undefined) return repeated;

  const signatures = await readSignature(deps, given);
  const now = deps.clock.now();
  const file = pendingRecord<OrganizationFile>(now, newDocument(now, given, signatures[0]?.formId));
  const earlier = await reserve(deps.files, file, { idempotency, lost: deps });
  if (earlier !== undefined) return await replay(deps, documentOf(given.orgId), { earlier, claim: idempotency });
  try {
    await deps.objects.put(objectOf(file), given.bytes, { contentType: 'application/pdf' });
    return await readyWithSignature(deps, file, signatures);
  } catch (error) {
    await giveUpFailed(deps, file);
    throw storageRefusal(error);
  }
}

/**
 * Deletes a document whose retention is over, and its signature with it. Throws `retained_until` (`details.until`) before that,
 * `not_found` for anything that is no document of this organization.
 */
export async function deleteComplianceDocument(
  deps: Deps,
  { orgId, documentId }: { orgId: string; documentId: string },
): Promise<void> {
  const { organizations, clock } = deps;
  const file = await readDocument(organizations, { orgId, documentId });
  const now = clock.now();
  const retained = retainedUntil(file, now);
  if (retained !== undefined) {
    const until = new Date(retained).toISOString();
    throw new AppError('retained_until', `This document is kept until ${until}.`, { details: { until } });
  }
  const [signature] =
    file.signatureUploadId === undefined ? [] : await organizations.getFiles([file.signatureUploadId]);
  const gone = signature?.state === 'ready' && signature.parentId === file.id ? [file, signature] : [file];
  const refused = await organizations.commit(gone.map((each) => ({ kind: 'release' as const, file: each, now })));
  if (refused.length > 0) throw notFound('compliance document');
  await Promise.all(gone.map(({ id }) => deps.scheduleDelete(id)));
}

async function readSignature(
  { organizations, clock }: Deps,
  { orgId, formId, signatureUploadId }: ComplianceDocument,
): Promise<OrganizationFile[]> {
  if (signatureUploadId === undefined) return [];
  const [file] = await organizations.getFiles([signatureUploadId]);
  const isRight =
    file?.orgId === orgId && file.ownerType === 'signature' && (formId === undefined || formId === file.formId);
  if (file === undefined || !isRight || !isStaged(file, clock.now())) throw uploadNotFound(signatureUploadId);
  return [file];
}

function newDocument(
  now: Date,
  given: ComplianceDocument,
  signedFormId: string | undefined,
): NewFile<OrganizationFile> {
  const id = newId(now);
  const formId = given.formId ?? signedFormId;
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + retentionYears);
  return {
    id,
    scope: 'organization',
    orgId: given.orgId,
    userId: given.subject,
    ownerType: 'compliance_document',
    ...(formId !== undefined && { formId }),
    ...(given.signatureUploadId !== undefined && { signatureUploadId: given.signatureUploadId }),
    bucket: 'compliance',
    key: newObjectKey(`compliance/${keySegment(given.orgId)}`, id, 'pdf'),
    originalName: given.originalName,
    mimeType: 'application/pdf',
    sizeBytes: given.bytes.byteLength,
    retainedUntil: until.getTime(),
  };
}

async function readyWithSignature(
  deps: Deps,
  file: OrganizationFile,
  signatures: OrganizationFile[],
): Promise<OrganizationFile> {
  const next = settled(file, { mimeType: file.mimeType, sizeBytes: file.sizeBytes }, deps.clock.now());
  const { refused } = await consumeUploads(deps, signatures, {
    parentId: file.id,
    retainedUntil: file.retainedUntil,
    also: [{ kind: 'settle', file, next }],
  });
  if (refused.length > 0) throw uploadNotFound(signatures[0]?.id ?? file.id);
  return next;
}
