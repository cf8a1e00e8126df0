import { AppError } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';
import type { SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { isOf, type OrganizationFile, objectOf, retainedUntil } from '#core/files/record.ts';
import type { IsOwn } from '#core/files/replay.ts';
import { notFound } from './refusals.ts';
import type { OrganizationReader } from './stores.ts';

/** Life of a link that is asked for to be followed at once, seconds (docs/contract.md, "Signed links"). */
export const downloadSeconds = 60;

/** An id proves no owner: a document is its organization's only. */
export const documentOf =
  (orgId: string): IsOwn<OrganizationFile> =>
  (file): file is OrganizationFile =>
    isOf('organization', file) && file.orgId === orgId && file.ownerType === 'compliance_document';

/**
 * One stored document of this organization, strongly consistent. Throws `not_found` for one that is another's, is gone, or is
 * not stored yet.
 */
export async function readDocument(
  organizations: OrganizationReader,
  { orgId, documentId }: { orgId: string; documentId: string },
): Promise<OrganizationFile> {
  const [file] = idPattern.test(documentId) ? await organizations.getFiles([documentId]) : [];
  if (!documentOf(orgId)(file) || file.state !== 'ready') throw notFound('compliance document');
  return file;
}

/** Throws `retained_until` (`details.until`) for what must be kept still. */
export function refuseRetained(file: OrganizationFile, now: Date): void {
  const retained = retainedUntil(file, now);
  if (retained === undefined) return;
  const until = new Date(retained).toISOString();
  throw new AppError('retained_until', `This document is kept until ${until}.`, { details: { until } });
}

/** A file with what lives and dies with it: a document's signature. */
export async function withSignature(
  organizations: OrganizationReader,
  file: OrganizationFile,
): Promise<OrganizationFile[]> {
  if (file.signatureUploadId === undefined) return [file];
  const [signature] = await organizations.getFiles([file.signatureUploadId]);
  return signature?.state === 'ready' && signature.parentId === file.id ? [file, signature] : [file];
}

/**
 * A document with a link that works for a minute (docs/contract.md, "Compliance documents"): signed for whoever opens it now,
 * so that nothing that is kept opens it later. Throws `not_found`.
 */
export async function openDocument(
  { organizations, signer }: { organizations: OrganizationReader; signer: UrlSigner },
  which: { orgId: string; documentId: string },
): Promise<{ document: OrganizationFile; link: SignedUrl }> {
  const document = await readDocument(organizations, which);
  const link = await signer.presignGet(objectOf(document), { expiresInSeconds: downloadSeconds, mode: 'fresh' });
  return { document, link };
}
