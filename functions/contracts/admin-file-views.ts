import * as z from 'zod/mini';
import { type Standing, standingOf, standings } from '#core/extensions/administration/files.ts';
import type { Why } from '#core/extensions/administration/why.ts';
import type { UrlSigner } from '#core/files/ports.ts';
import { type ExtensionFile, holderOf, objectOf } from '#core/files/record.ts';

/** Life of the links in an administrator's answers, seconds; as in other lists (docs/contract.md, "A stored file"). */
const linkSeconds = 600;

const text = z.string();
const number = z.number();
const holder = z.object({ type: z.enum(['lock', 'template']), id: text });

/** A file as an administrator lists it. */
export const appFileAnswer = z.object({
  id: text,
  appId: text,
  state: z.enum(standings),
  originalName: text,
  mimeType: text,
  sizeBytes: number,
  width: z.nullable(number),
  height: z.nullable(number),
  thumbhash: z.nullable(text),
  userId: text,
  sessionId: z.nullable(text),
  holder: z.nullable(holder),
  purpose: z.nullable(text),
  draftId: z.nullable(text),
  createdAt: text,
  updatedAt: text,
  expiresAt: z.nullable(text),
  signedUrl: z.optional(text),
  urlExpiresAt: z.optional(text),
});

export type AppFileView = z.output<typeof appFileAnswer>;

/** Without a `signer` no link. Only what is `ready` has one: an expired file's bytes are there until its clean-up. */
export async function appFileView(file: ExtensionFile, now: Date, signer?: UrlSigner): Promise<AppFileView> {
  const link =
    signer === undefined || file.state !== 'ready'
      ? undefined
      : await signer.presignGet(objectOf(file), { expiresInSeconds: linkSeconds, mode: 'stable' });
  const state: Standing = standingOf(file, now);
  return {
    id: file.id,
    appId: file.appId,
    state,
    originalName: file.originalName,
    mimeType: file.mimeType,
    sizeBytes: file.sizeBytes,
    width: file.image?.width ?? null,
    height: file.image?.height ?? null,
    thumbhash: file.image?.thumbhash ?? null,
    userId: file.userId,
    sessionId: file.sessionId ?? null,
    holder: holderOf(file) ?? null,
    purpose: file.purpose ?? null,
    draftId: file.draftId ?? null,
    createdAt: file.createdAt,
    updatedAt: file.updatedAt,
    expiresAt: file.expiresAt === undefined ? null : new Date(file.expiresAt).toISOString(),
    ...(link !== undefined && { signedUrl: link.url, urlExpiresAt: link.expiresAt.toISOString() }),
  };
}

const optionalText = z.optional(text);

/** Why a file is there: see `Why`. */
export const reasonsAnswer = z.object({
  state: z.enum(standings),
  summary: text,
  heldBy: z.array(
    z.object({
      type: z.enum(['lock', 'template', 'session', 'user']),
      id: text,
      deletedAt: optionalText,
      clones: z.optional(number),
    }),
  ),
  goes: z.object({ by: z.enum(['expiry', 'sweep', 'worker', 'holder']), at: optionalText, summary: text }),
  cleanups: z.array(
    z.object({
      type: z.enum(['app', 'session', 'lock', 'template', 'incoming', 'file']),
      id: text,
      since: optionalText,
      againAt: text,
    }),
  ),
  timeline: z.array(
    z.object({
      at: text,
      event: z.enum(['created', 'ready', 'claimed', 'rolled_back', 'holder_deleted', 'expired', 'deleting']),
      summary: text,
      userId: optionalText,
      claimId: optionalText,
    }),
  ),
});

/** With what a list leaves out. Presets' copies are told by name and size. */
export const detailedFileAnswer = z.extend(appFileAnswer, {
  bucketKey: text,
  claimIds: z.array(text),
  variants: z.record(text, z.object({ width: number, height: number, sizeBytes: number })),
});

/** One file with all that is known of it. */
export const appFileDetailAnswer = z.object({ file: detailedFileAnswer, why: reasonsAnswer });

export function appFileDetailView(
  file: ExtensionFile,
  view: AppFileView,
  reasons: Why,
): z.output<typeof appFileDetailAnswer> {
  const { key: bucketKey, claimIds = [], image } = file;
  return { file: { ...view, bucketKey, claimIds, variants: image?.variants ?? {} }, why: reasons };
}
