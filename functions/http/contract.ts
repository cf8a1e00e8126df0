import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { AppError } from '#core/files/errors.ts';
import { identifierPattern } from '#core/identity/tokens.ts';

// zod/mini carries no messages of its own; without a locale every issue would read "Invalid input".
z.config(en());

/** What an endpoint accepts and answers. The types of its parts are inferred from here, and the API document is derived from it. */
export interface Contract {
  params?: z.ZodMiniType;
  query?: z.ZodMiniType;
  /** A JSON body. */
  json?: z.ZodMiniType;
  /** Text fields of a multipart form whose `file` field is the upload. */
  form?: z.ZodMiniObject;
  /** A body that is the upload itself: its media type. */
  raw?: string;
  success: 200 | 201 | 202 | 204;
  answer?: z.ZodMiniType;
}

export type Parsed<S> = S extends z.ZodMiniType ? z.output<S> : undefined;

/** JSON bodies are small; anything larger than this many characters is refused before it is parsed. */
export const maxJsonLength = 300_000;

/** Checks `value`; throws `validation_failed` whose issues name the part (`body`, `query`, `params`) and the field. */
export function parsePart<S extends z.ZodMiniType>(part: string, schema: S, value: unknown): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    path: [part, ...issue.path].join('.'),
    message: issue.message,
  }));
  const first = issues[0];
  throw new AppError('validation_failed', `Check ${first?.path}: ${first?.message}`, { details: { issues } });
}

/** Ids of apps, sessions, drafts: they become parts of keys, so their characters are limited. */
export const identifier = z
  .string()
  .check(z.regex(identifierPattern, 'must be 1 to 128 letters, digits or . _ : @ | -'));

export const optionalIdentifier = z.optional(identifier);

export const pageQuery = z.object({
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200))),
  cursor: z.optional(z.string().check(z.maxLength(100))),
});
