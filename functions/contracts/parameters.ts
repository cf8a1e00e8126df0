/** Parameters of paths and queries that many endpoints take. */
import * as z from 'zod/mini';
import { identifierPattern } from '#core/identity/tokens.ts';

/** Ids of apps, sessions, drafts: they become parts of keys, so their characters are limited. */
export const identifier = z
  .string()
  .check(z.regex(identifierPattern, 'must be 1 to 128 letters, digits or . _ : @ | -'));

export const optionalIdentifier = z.optional(identifier);

export const pageQuery = z.object({
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200))),
  cursor: z.optional(z.string().check(z.maxLength(100))),
});

export const appParams = z.object({ appId: identifier });
export const appFileParams = z.object({ appId: identifier, fileId: z.string() });
export const sessionParams = z.object({ sessionId: identifier });
export const sessionFileParams = z.object({ sessionId: identifier, fileId: z.string() });
