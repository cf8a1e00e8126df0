import * as z from 'zod/mini';
import { belongsToSession } from '#core/extensions/session-files.ts';
import type { UrlSigner } from '#core/files/ports.ts';
import { type ExtensionFile, objectOf } from '#core/files/record.ts';
import type { SessionRef } from '#core/files/store.ts';

/** Life of the signed links in extension answers, seconds (docs/contract.md, "A stored file"). */
const linkSeconds = 600;

const text = z.string();

/** A file as extensions see it (docs/contract.md, "A stored file", field for field). */
export const fileAnswer = z.object({
  id: text,
  signedUrl: text,
  publicUrl: text,
  urlExpiresAt: text,
  sizeBytes: z.number(),
  originalName: text,
  mimeType: text,
  purpose: z.nullable(text),
  uploadedAt: text,
  width: z.nullable(z.number()),
  height: z.nullable(z.number()),
  thumbhash: z.nullable(text),
  staged: z.optional(z.literal(true)),
  draftId: z.optional(z.nullable(text)),
  expiresAt: z.optional(text),
  readOnly: z.optional(z.literal(true)),
});

export type FileView = z.output<typeof fileAnswer>;

export const quotaAnswer = z.object({
  bytesUsed: z.number(),
  fileCount: z.number(),
  maxBytes: z.number(),
  remainingBytes: z.number(),
});

/** As a session sees it: what its lock has from a template is read there and never changed. */
export async function sessionFileView(file: ExtensionFile, caller: SessionRef, signer: UrlSigner): Promise<FileView> {
  const view = await fileView(file, signer);
  return belongsToSession(file, caller) ? view : { ...view, readOnly: true };
}

/** Links are the stable kind, so that a browser that asks again within minutes hits its cache. */
export async function fileView(file: ExtensionFile, signer: UrlSigner): Promise<FileView> {
  const link = await signer.presignGet(objectOf(file), { expiresInSeconds: linkSeconds, mode: 'stable' });
  return {
    id: file.id,
    signedUrl: link.url,
    publicUrl: link.url,
    urlExpiresAt: link.expiresAt.toISOString(),
    sizeBytes: file.sizeBytes,
    originalName: file.originalName,
    mimeType: file.mimeType,
    purpose: file.purpose ?? null,
    uploadedAt: file.createdAt,
    width: file.image?.width ?? null,
    height: file.image?.height ?? null,
    thumbhash: file.image?.thumbhash ?? null,
    ...(file.staged && {
      staged: true as const,
      draftId: file.draftId ?? null,
      expiresAt: new Date(file.expiresAt ?? 0).toISOString(),
    }),
  };
}
