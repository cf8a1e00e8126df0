import type * as z from 'zod/mini';
import { parsePart } from './contract.ts';
import { type FormLimits, requireCarriable } from './direct-hint.ts';
import { parseMultipart, type UploadedFile } from './multipart.ts';
import type { FormEvent } from './multipart-body.ts';

/**
 * The upload of a multipart form, in its `file` field, and the text fields of the contract. Called by an endpoint once
 * it knows how large a file may be, so that gates come before work; apart from `endpoint.ts`, so that only functions
 * with a form carry the parser. Throws what `parseMultipart` and `requireCarriable` throw.
 */
export async function readForm<S extends z.ZodMiniObject>(
  body: FormEvent,
  fields: S,
  limits: FormLimits,
): Promise<{ file: UploadedFile; fields: z.output<S> }> {
  const { maxFileBytes } = limits;
  const form = await parseMultipart(body, { fileField: 'file', fields: Object.keys(fields.shape), maxFileBytes });
  requireCarriable(form.file.bytes.byteLength, limits);
  return { file: form.file, fields: parsePart('body', fields, form.fields) };
}
