import * as z from 'zod/mini';
import { belongsToSession } from '#core/extensions/session-files.ts';
import type { ObjectRef, SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { objectOf } from '#core/files/record.ts';
import type { ListedFile, SessionRef } from '#core/files/store.ts';
import { ownBytes, variantObject } from '#core/files/variants.ts';

/** Life of the signed links in extension answers, seconds (docs/contract.md, "A stored file"). */
const linkSeconds = 600;

const text = z.string();

/** A preset's copy of an image, or the image itself where that is no larger. */
export const variantAnswer = z.object({
  signedUrl: text,
  width: z.number(),
  height: z.number(),
  sizeBytes: z.number(),
});

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
  variants: z.optional(z.record(text, variantAnswer)),
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
export async function sessionFileView(file: ListedFile, caller: SessionRef, signer: UrlSigner): Promise<FileView> {
  const view = await fileView(file, signer);
  return belongsToSession(file, caller) ? view : { ...view, readOnly: true };
}

/** Links are the stable kind, so that a browser that asks again within minutes hits its cache. */
export async function fileView(file: ListedFile, signer: UrlSigner): Promise<FileView> {
  const sign = (ref: ObjectRef) => signer.presignGet(ref, { expiresInSeconds: linkSeconds, mode: 'stable' });
  // The file's own is signed first: the others end with it, or later.
  const [link, variants] = await Promise.all([sign(objectOf(file)), variantViews(file, sign)]);
  return {
    id: file.id,
    signedUrl: link.url,
    publicUrl: link.url,
    urlExpiresAt: link.expiresAt.toISOString(),
    sizeBytes: ownBytes(file),
    originalName: file.originalName,
    mimeType: file.mimeType,
    purpose: file.purpose ?? null,
    uploadedAt: file.createdAt,
    width: file.image?.width ?? null,
    height: file.image?.height ?? null,
    thumbhash: file.image?.thumbhash ?? null,
    ...(variants.length > 0 && {
      variants: Object.fromEntries(variants.map(([name, own]) => [name, own ?? itself(file, link.url)])),
    }),
    ...(file.staged && {
      staged: true as const,
      draftId: file.draftId ?? null,
      expiresAt: new Date(file.expiresAt ?? 0).toISOString(),
    }),
  };
}

type VariantView = z.output<typeof variantAnswer>;

/** Every preset that the file was stored with, in the order of their sizes; undefined where it has no copy of its own. */
async function variantViews(
  { bucket, key, presets, image }: ListedFile,
  sign: (ref: ObjectRef) => Promise<SignedUrl>,
): Promise<[name: string, own: VariantView | undefined][]> {
  if (presets === undefined) return [];
  const copies = new Map(Object.entries(image?.variants ?? {}));
  const bySize = Object.entries(presets).sort(([, a], [, b]) => a - b);
  return await Promise.all(
    bySize.map(async ([name]): Promise<[string, VariantView | undefined]> => {
      const copy = copies.get(name);
      if (copy === undefined) return [name, undefined];
      const { width, height, sizeBytes } = copy;
      return [name, { signedUrl: (await sign(variantObject({ bucket, key }, name))).url, width, height, sizeBytes }];
    }),
  );
}

const itself = (file: ListedFile, signedUrl: string): VariantView => ({
  signedUrl,
  width: file.image?.width ?? 0,
  height: file.image?.height ?? 0,
  sizeBytes: ownBytes(file),
});
