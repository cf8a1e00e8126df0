import type * as z from 'zod/mini';
import { type FormLimits, requireCarriable } from './direct-hint.ts';
import type { GatewayEvent, GatewayRequest } from './gateway.ts';
import { parseMultipart, type UploadedFile } from './multipart.ts';
import { parsePart } from './parts.ts';

/** An upload and its text fields, checked, and the limits it was read under. */
export interface ReadForm<F = unknown, L extends FormLimits = FormLimits> {
  file: UploadedFile;
  fields: F;
  limits: L;
}

/**
 * Middleware: reads the upload of a multipart form, in its `file` field, and the contract's text fields, and leaves them
 * as `event.form`. `limitsOf` says first how large a file may be, so that gates come before work. Only endpoints with a
 * form name this file, so that only they carry the parser. Throws what `limitsOf`, `parseMultipart` and
 * `requireCarriable` throw.
 */
export function form(fields: z.ZodMiniObject, limitsOf: (event: GatewayEvent) => Promise<FormLimits>) {
  const names = Object.keys(fields.shape);
  return {
    before: async ({ event }: GatewayRequest) => {
      const limits = await limitsOf(event);
      const { maxFileBytes } = limits;
      const sent = await parseMultipart(event, { fileField: 'file', fields: names, maxFileBytes });
      requireCarriable(sent.file.bytes.byteLength, limits);
      event.form = { file: sent.file, fields: parsePart('body', fields, sent.fields), limits };
    },
  };
}
