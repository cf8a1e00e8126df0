import * as z from 'zod/mini';
import type { UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import type { ConsumedFile, MinisiteRow, Parent } from '#core/organizations/stores.ts';
import { linkSeconds } from '#core/organizations/workout-media.ts';
import type { presignAnswer } from './fields.ts';

const text = z.string();

export const presignView = (upload: Presigned): z.output<typeof presignAnswer> => upload;

export const consumedFileAnswer = z.object({
  uploadId: text,
  key: text,
  mimeType: text,
  sizeBytes: z.number(),
  originalName: text,
  url: text,
  urlExpiresAt: text,
});

/** Links are the stable kind (docs/contract.md, "Signed links"), so that the next list shows the same ones. */
export async function consumedFileView(
  file: ConsumedFile,
  signer: UrlSigner,
): Promise<z.output<typeof consumedFileAnswer>> {
  const ref = { bucket: 'default', key: file.key } as const;
  const link = await signer.presignGet(ref, { expiresInSeconds: linkSeconds, mode: 'stable' });
  const { uploadId, key, mimeType, sizeBytes, originalName } = file;
  return {
    uploadId,
    key,
    mimeType,
    sizeBytes,
    originalName,
    url: link.url,
    urlExpiresAt: link.expiresAt.toISOString(),
  };
}

export const consumedFileViews = async (files: ConsumedFile[], signer: UrlSigner) =>
  await Promise.all(files.map((file) => consumedFileView(file, signer)));

/** A parent row; what the caller wrote stands in it by its own names. */
export const parentAnswer = z.object({
  id: text,
  organizationId: text,
  userId: text,
  text: z.optional(text),
  note: z.optional(text),
  takenAt: z.optional(text),
  createdAt: text,
  files: z.array(consumedFileAnswer),
});

export const parentsAnswer = z.object({ items: z.array(parentAnswer), cursor: z.optional(text) });

export async function parentView(parent: Parent, signer: UrlSigner): Promise<z.output<typeof parentAnswer>> {
  const { id, orgId, userId, fields, createdAt, files } = parent;
  return { id, organizationId: orgId, userId, ...fields, createdAt, files: await consumedFileViews(files, signer) };
}

export const minisiteAnswer = z.object({
  content: z.record(text, z.unknown()),
  assets: z.array(consumedFileAnswer),
  public: z.boolean(),
  updatedAt: text,
});

export async function minisiteView(row: MinisiteRow, signer: UrlSigner): Promise<z.output<typeof minisiteAnswer>> {
  return {
    content: JSON.parse(row.content),
    assets: await consumedFileViews(row.assets, signer),
    public: row.isPublic ?? false,
    updatedAt: row.updatedAt,
  };
}

/** What a visitor needs to show an asset; its key and the name it had on somebody's machine are not theirs. */
const visitorAsset = z.pick(consumedFileAnswer, {
  uploadId: true,
  mimeType: true,
  sizeBytes: true,
  url: true,
  urlExpiresAt: true,
});

export const visitorAnswer = z.object({
  content: z.record(text, z.unknown()),
  assets: z.array(visitorAsset),
  updatedAt: text,
});

export async function visitorView(row: MinisiteRow, signer: UrlSigner): Promise<z.output<typeof visitorAnswer>> {
  const { content, assets, updatedAt } = await minisiteView(row, signer);
  const shown = assets.map(({ key: _key, originalName: _name, ...asset }) => asset);
  return { content, assets: shown, updatedAt };
}

/** A compliance document as the platform sees it. */
export const documentAnswer = z.object({
  id: text,
  organizationId: text,
  formId: z.nullable(text),
  signatureUploadId: z.nullable(text),
  key: text,
  originalName: text,
  mimeType: z.literal('application/pdf'),
  sizeBytes: z.number(),
  createdAt: text,
  retainedUntil: text,
});

export function documentView(file: OrganizationFile): z.output<typeof documentAnswer> {
  const { id, orgId, formId = null, signatureUploadId = null, key, originalName, sizeBytes, createdAt } = file;
  return {
    id,
    organizationId: orgId,
    formId,
    signatureUploadId,
    key,
    originalName,
    mimeType: 'application/pdf',
    sizeBytes,
    createdAt,
    retainedUntil: new Date(file.retainedUntil ?? 0).toISOString(),
  };
}

/** The CSV of a job. */
export const exportAnswer = z.object({
  jobId: text,
  organizationId: text,
  key: text,
  sizeBytes: z.number(),
  createdAt: text,
});

export function exportView(jobId: string, file: OrganizationFile): z.output<typeof exportAnswer> {
  const { orgId, key, sizeBytes, createdAt } = file;
  return { jobId, organizationId: orgId, key, sizeBytes, createdAt };
}
