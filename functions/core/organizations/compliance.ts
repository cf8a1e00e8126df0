import { AppError } from '#core/errors.ts';
import { isOf, type OrganizationFile, objectOf, retainedUntil, settled, stuckAfterMs } from '#core/file-record.ts';
import { idPattern, keySegment, newId, newObjectKey } from '#core/ids.ts';
import type { Clock, ObjectStore } from '#core/ports.ts';
import { abandon } from '#core/purge.ts';
import { findReplay, type IsOwn, replay } from '#core/replay.ts';
import { sniff } from '#core/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/stores.ts';
import { notFound, storageRefusal, unsupportedFileType, uploadNotFound } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';
import { checkUploaded, clearIncoming, copyToFinal, isStaged, settling } from './taking.ts';

/** What a form carries through Lambda (AWS Lambda developer guide, "Lambda quotas"). */
export const maxDocumentBytes = 4 * 1024 * 1024;

/** Seed 3: "Bucket-level immutability + 7-year lifecycle". We hold to it, too, whatever the bucket does. */
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
 * Stores a signed PDF in the compliance bucket (the default one when there is none) and, when it names one, takes the
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
  const heads = await checkUploaded(deps, signatures);
  const file = newDocument(deps.clock.now(), given, signatures[0]?.formId);
  const reserved = await deps.files.reserve(file, [], idempotency);
  if (reserved.outcome === 'replayed')
    return await replay(deps, documentOf(given.orgId), { earlier: reserved, claim: idempotency });
  try {
    await deps.objects.put(objectOf(file), given.bytes, { contentType: 'application/pdf' });
    await copyToFinal(deps, signatures, heads);
    const document = await takeWithSignature(deps, file, signatures);
    await clearIncoming(deps, signatures);
    return document;
  } catch (error) {
    await abandon(deps, file);
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
  const [file] = idPattern.test(documentId) ? await organizations.getFiles([documentId]) : [];
  if (!documentOf(orgId)(file) || file.state !== 'ready') throw notFound('compliance document');
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

const documentOf =
  (orgId: string): IsOwn<OrganizationFile> =>
  (file): file is OrganizationFile =>
    isOf('organization', file) && file.orgId === orgId && file.ownerType === 'compliance_document';

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

function newDocument(now: Date, given: ComplianceDocument, signedFormId: string | undefined): OrganizationFile {
  const id = newId(now);
  const formId = given.formId ?? signedFormId;
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + retentionYears);
  return {
    id,
    scope: 'organization',
    state: 'pending',
    rev: 1,
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
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    dueAt: now.getTime() + stuckAfterMs,
    retainedUntil: until.getTime(),
  };
}

async function takeWithSignature(
  { organizations, clock }: Deps,
  file: OrganizationFile,
  signatures: OrganizationFile[],
): Promise<OrganizationFile> {
  const now = clock.now();
  const next = settled(file, { mimeType: file.mimeType, sizeBytes: file.sizeBytes }, now);
  const retained = signatures.map((signature) => settling(signature, file.id, now, file.retainedUntil));
  const refused = await organizations.commit([{ kind: 'settle', file, next }, ...retained]);
  if (refused.length > 0) throw uploadNotFound(signatures[0]?.id ?? file.id);
  return next;
}
