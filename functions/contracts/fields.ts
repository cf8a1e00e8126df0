import * as z from 'zod/mini';
import { checked } from './checked.ts';
import { optionalIdentifier } from './parameters.ts';

/**
 * Form fields of an extension upload (docs/contract.md, "Requests"). An empty field is a field that was not filled in.
 */
const unlessBlank = z.transform((value) => (value === '' || value === null ? undefined : value));
export const blankableId = z.pipe(unlessBlank, optionalIdentifier);

/** What a file is for, in an extension's own words: text, which is part of no key. */
export const purpose = z.pipe(
  unlessBlank,
  z.optional(
    checked(
      z.string(),
      z.trim(),
      z.regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u, 'must be 1 to 128 characters, none of them control characters'),
    ),
  ),
);

export const sessionForm = z.object({ purpose });
export const stageForm = z.object({ purpose, draftId: blankableId });

/** Body of a presign (docs/contract.md, "Direct upload"). A setup screen may name a draft; a session has none. */
export const presignJson = z.object({
  filename: checked(z.string(), z.minLength(1), z.maxLength(1024)),
  mimeType: checked(z.string(), z.minLength(1), z.maxLength(255)),
  sizeBytes: checked(z.int(), z.minimum(1)),
  purpose,
});
export const stagePresignJson = z.extend(presignJson, { draftId: blankableId });
export const completeJson = z.object({
  uploadId: checked(z.string(), z.minLength(1), z.maxLength(128), z.toLowerCase()),
});

/**
 * What a client needs to upload: PUT the bytes to `uploadUrl` with exactly these headers, as many as `contentLength` says,
 * or `maxBytes` at most where no size was declared.
 */
export const presignAnswer = z.object({
  uploadId: z.string(),
  uploadUrl: z.string(),
  method: z.literal('PUT'),
  headers: z.record(z.string(), z.string()),
  contentLength: z.optional(z.number()),
  maxBytes: z.optional(z.number()),
  expiresIn: z.number(),
});
