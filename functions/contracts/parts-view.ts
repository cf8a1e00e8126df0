import * as z from 'zod/mini';
import type { PartsOffer } from '#core/uploads/part-upload.ts';

/**
 * How an upload in parts goes on (docs/contract.md, "In parts"): PUT each of `parts` to its URL, without any header, then
 * ask for those that are missing until none is, and complete.
 */
export const partsAnswer = z.object({
  uploadId: z.string(),
  method: z.literal('PUT'),
  partSizeBytes: z.number(),
  partCount: z.number(),
  uploadedParts: z.array(z.object({ partNumber: z.number(), sizeBytes: z.number(), etag: z.string() })),
  parts: z.array(z.object({ partNumber: z.number(), uploadUrl: z.string(), contentLength: z.number() })),
  expiresIn: z.number(),
  expiresAt: z.string(),
});

/** The offer with its parts as S3's clients call them. */
export function partsView({ uploadedParts, parts, expiresAt, ...offer }: PartsOffer): z.output<typeof partsAnswer> {
  return {
    ...offer,
    uploadedParts: uploadedParts.map(({ number, ...part }) => ({ partNumber: number, ...part })),
    parts: parts.map(({ number, ...part }) => ({ partNumber: number, ...part })),
    expiresAt: expiresAt.toISOString(),
  };
}
