import { giveUpFailed } from '#core/files/give-up.ts';
import { keySegment, newId, newObjectKey } from '#core/files/ids.ts';
import { type NewFile, pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { Promotion } from '#core/files/promote.ts';
import { type OrganizationFile, objectOf } from '#core/files/record.ts';
import { findReplay, replay } from '#core/files/replay.ts';
import { reserve } from '#core/files/reserve.ts';
import { settled } from '#core/files/settled.ts';
import { sniff } from '#core/files/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/files/store.ts';
import { consumeUploads, isStaged } from './consuming.ts';
import { documentOf, readDocument, refuseRetained, withSignature } from './documents.ts';
import { notFound, storageRefusal, unsupportedFileType, uploadNotFound } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/** docs/contract.md, "Compliance documents". We hold to it, whatever the bucket's own lock does. */
const retentionYears = 7;

const pdf = 'application/pdf';

export const documentHeaders = { contentType: pdf };

interface Deps {
  organizations: OrganizationStore;
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/** What a document is of, and what it is signed with. */
export interface DocumentFacts {
  orgId: string;
  subject: string;
  originalName: string;
  formId?: string | undefined;
  signatureUploadId?: string | undefined;
}

export interface ComplianceDocument extends DocumentFacts {
  bytes: Uint8Array;
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
  requirePdf(given.bytes);
  const { idempotency } = given;
  const repeated = idempotency && (await findReplay(deps, documentOf(given.orgId), idempotency));
  if (repeated !== undefined) return repeated;

  const signatures = await readSignature(deps, given);
  const now = deps.clock.now();
  const { byteLength: sizeBytes } = given.bytes;
  const facts = { ...given, formId: given.formId ?? signatures[0]?.formId };
  const file = pendingRecord<OrganizationFile>(now, newDocument(now, facts, { sizeBytes, keptFrom: now }));
  const earlier = await reserve(deps.files, file, { idempotency, lost: deps });
  if (earlier !== undefined) return await replay(deps, documentOf(given.orgId), { earlier, claim: idempotency });
  try {
    await deps.objects.put(objectOf(file), given.bytes, documentHeaders);
    const next = settled(file, { mimeType: file.mimeType, sizeBytes }, deps.clock.now());
    if (!(await settleWithSignature(deps, { file, next }, signatures))) {
      throw uploadNotFound(signatures[0]?.id ?? file.id);
    }
    return next;
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
  refuseRetained(file, now);
  const gone = await withSignature(organizations, file);
  const refused = await organizations.commit(gone.map((each) => ({ kind: 'release' as const, file: each, now })));
  if (refused.length > 0) throw notFound('compliance document');
  await Promise.all(gone.map(({ id }) => deps.scheduleDelete(id)));
}

/** Judged by the beginning. Throws `invalid_file_type`. */
export function requirePdf(bytes: Uint8Array): void {
  const detected = sniff(bytes).mimeType;
  if (detected !== pdf) throw unsupportedFileType({ detected, allowed: [pdf] });
}

/** The signature a document names, as it waits to be consumed; none when it names none. Throws `upload_not_found`. */
export async function readSignature(
  { organizations, clock }: Pick<Deps, 'organizations' | 'clock'>,
  { orgId, formId, signatureUploadId }: Pick<DocumentFacts, 'orgId' | 'formId' | 'signatureUploadId'>,
): Promise<OrganizationFile[]> {
  if (signatureUploadId === undefined) return [];
  const [file] = await organizations.getFiles([signatureUploadId]);
  const isRight =
    file?.orgId === orgId && file.ownerType === 'signature' && (formId === undefined || formId === file.formId);
  if (file === undefined || !isRight || !isStaged(file, clock.now())) throw uploadNotFound(signatureUploadId);
  return [file];
}

/** @param keptFrom when its seven years begin */
export function newDocument(
  now: Date,
  { orgId, subject, originalName, formId, signatureUploadId }: DocumentFacts,
  { sizeBytes, keptFrom }: { sizeBytes: number; keptFrom: Date },
): NewFile<OrganizationFile> {
  const id = newId(now);
  const until = new Date(keptFrom);
  until.setUTCFullYear(until.getUTCFullYear() + retentionYears);
  return {
    id,
    scope: 'organization',
    orgId,
    userId: subject,
    ownerType: 'compliance_document',
    ...(formId !== undefined && { formId }),
    ...(signatureUploadId !== undefined && { signatureUploadId }),
    bucket: 'compliance',
    key: newObjectKey(`compliance/${keySegment(orgId)}`, id, 'pdf'),
    originalName,
    mimeType: pdf,
    sizeBytes,
    retainedUntil: until.getTime(),
  };
}

/** The document ready and its signature consumed, in one transaction. False when either was changed by somebody else. */
export async function settleWithSignature(
  deps: Pick<Deps, 'organizations' | 'objects' | 'clock'>,
  { file, next }: Promotion<OrganizationFile>,
  signatures: OrganizationFile[],
): Promise<boolean> {
  const { refused } = await consumeUploads(deps, signatures, {
    parentId: file.id,
    retainedUntil: file.retainedUntil,
    also: [{ kind: 'settle', file, next }],
  });
  return refused.length === 0;
}
