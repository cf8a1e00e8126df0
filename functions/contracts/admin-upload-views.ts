import * as z from 'zod/mini';
import type { UrlSigner } from '#core/files/ports.ts';
import { isHeld } from '#core/files/quarantine.ts';
import { type FileRecord, isExpired, type OrganizationFile, objectOf, type UploadFile } from '#core/files/record.ts';
import { uploadStandingOf, uploadStandings } from '#core/uploads/administration.ts';

/** Life of the links of lists, seconds, and of those to documents and exports, which are signed anew each time. */
const linkSeconds = 600;
const shortLinkSeconds = 60;

const text = z.string();
const number = z.number();
const links = { signedUrl: z.optional(text), urlExpiresAt: z.optional(text) };

const stored = {
  id: text,
  userId: text,
  originalName: text,
  mimeType: text,
  sizeBytes: number,
  createdAt: text,
  updatedAt: text,
  expiresAt: z.nullable(text),
};

/** A file of the uploads API as an administrator lists it. */
export const userUploadAnswer = z.object({
  ...stored,
  state: z.enum(uploadStandings),
  public: z.boolean(),
  coinName: z.nullable(text),
  deletedAt: z.nullable(text),
  ...links,
});

/** Where a file of an organization stands. */
const organizationStandings = ['pending', 'staged', 'kept', 'expired'] as const;

/** A file of an organization as an administrator lists it. */
export const organizationUploadAnswer = z.object({
  ...stored,
  organizationId: text,
  ownerType: text,
  state: z.enum(organizationStandings),
  parentId: z.nullable(text),
  retainedUntil: z.nullable(text),
  ...links,
});

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

const fieldsOf = (file: FileRecord) => ({
  id: file.id,
  userId: file.userId,
  originalName: file.originalName,
  mimeType: file.mimeType,
  sizeBytes: file.sizeBytes,
  createdAt: file.createdAt,
  updatedAt: file.updatedAt,
  expiresAt: iso(file.expiresAt),
});

/** Of what is there and not held for a scanner, which may find it harmful. */
async function linkOf(file: FileRecord, now: Date, signer: UrlSigner | undefined, isShort = false) {
  if (signer === undefined || file.state !== 'ready' || isHeld(file, now)) return {};
  const options = isShort
    ? { expiresInSeconds: shortLinkSeconds, mode: 'fresh' as const }
    : { expiresInSeconds: linkSeconds, mode: 'stable' as const };
  const { url, expiresAt } = await signer.presignGet(objectOf(file), options);
  return { signedUrl: url, urlExpiresAt: expiresAt.toISOString() };
}

/** Without a `signer` no link. */
export async function userUploadView(
  file: UploadFile,
  now: Date,
  signer?: UrlSigner,
): Promise<z.output<typeof userUploadAnswer>> {
  return {
    ...fieldsOf(file),
    state: uploadStandingOf(file, now),
    public: file.bucket === 'public' || file.also === 'public',
    coinName: file.coinName ?? null,
    deletedAt: file.deletedAt ?? null,
    ...(await linkOf(file, now, signer)),
  };
}

/** The same of an organization's. */
export async function organizationUploadView(
  file: OrganizationFile,
  now: Date,
  signer?: UrlSigner,
): Promise<z.output<typeof organizationUploadAnswer>> {
  const isShort = file.ownerType === 'compliance_document' || file.ownerType === 'export';
  return {
    ...fieldsOf(file),
    organizationId: file.orgId,
    ownerType: file.ownerType,
    state: standingOf(file, now),
    parentId: file.parentId ?? null,
    retainedUntil: iso(file.retainedUntil),
    ...(await linkOf(file, now, signer, isShort)),
  };
}

function standingOf(file: OrganizationFile, now: Date): (typeof organizationStandings)[number] {
  if (isExpired(file, now)) return 'expired';
  if (file.state === 'pending') return 'pending';
  return file.expiresAt === undefined ? 'kept' : 'staged';
}
