/** Parameters of paths and queries that many endpoints take. */
import * as z from 'zod/mini';
import { keyCursorPattern } from '#core/extensions/developer-keys.ts';
import { idPattern } from '#core/files/ids.ts';
import { identifierPattern } from '#core/identity/tokens.ts';
import { checked } from './checked.ts';

/** Ids of apps, sessions, drafts: they become parts of keys, so their characters are limited. */
export const identifier = checked(
  z.string(),
  z.regex(identifierPattern, 'must be 1 to 128 letters, digits or . _ : @ | + -'),
);

export const optionalIdentifier = z.optional(identifier);

/** A cursor of this form only. Which list it goes on in, the rest of the request says: a cursor cannot point elsewhere. */
const cursorOf = (pattern: RegExp) =>
  z.optional(checked(z.string(), z.regex(pattern, 'must be a cursor that this list gave')));

/** An id that we made: hexadecimal, and so the same in capitals. What is none names nothing, which is for the caller to say. */
export const madeId = checked(z.string(), z.toLowerCase());

/** The id of the last item shown. */
export const idCursor = z.optional(
  checked(z.string(), z.toLowerCase(), z.regex(idPattern, 'must be a cursor that this list gave')),
);

/** A whole number; what is more than `most` is taken for that, as callers mean it that ask for everything. */
export const atMost = (most: number, least = 1) =>
  z.pipe(
    checked(z.coerce.number(), z.int(), z.minimum(least)),
    z.transform((value: number) => Math.min(value, most)),
  );

const limit = z.optional(atMost(200));

export const pageQuery = z.object({ limit, cursor: idCursor });
export const keysQuery = z.object({ limit, cursor: cursorOf(keyCursorPattern) });

export const appParams = z.object({ appId: identifier });
export const appFileParams = z.object({ appId: identifier, fileId: madeId });
export const sessionParams = z.object({ sessionId: identifier });
export const sessionFileParams = z.object({ sessionId: identifier, fileId: madeId });
