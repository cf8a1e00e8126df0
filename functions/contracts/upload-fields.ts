import * as z from 'zod/mini';
import { checked } from './checked.ts';
import { presignJson } from './fields.ts';
import { atMost } from './parameters.ts';

/** Text of people, not an id: any letters however they are composed, no control characters. An empty one was not filled in. */
const coinName = z.pipe(
  z.transform((value) => (typeof value === 'string' && value.trim() === '' ? undefined : (value ?? undefined))),
  z.optional(
    checked(
      z.string(),
      z.trim(),
      z.normalize('NFC'),
      z.maxLength(64),
      z.regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must hold no control characters'),
    ),
  ),
);

export const uploadForm = z.object({ coinName });

/** What `_id` looks like; anything else is no id of a file, and saying so tells nobody anything. */
export const uploadParams = z.object({
  id: checked(z.string(), z.regex(/^[0-9a-f]{24}$/i, 'must be a file id: 24 hexadecimal digits'), z.toLowerCase()),
});

/** Pages are counted from 1; the page before it is taken for it. */
const page = z.pipe(
  atMost(1_000_000_000, 0),
  z.transform((value: number) => Math.max(value, 1)),
);

/**
 * Query of "List User Files" (docs/contract.md, "Uploads"); `cursor` is ours, the `_id` of the last file seen, empty to
 * begin with.
 */
export const listQuery = checked(
  z.object({
    page: z.optional(page),
    limit: z.optional(atMost(100)),
    coinName,
    /** `true` for what was deleted and may be restored. */
    deleted: z.optional(z.enum(['true', 'false'])),
    cursor: z.optional(
      checked(z.string(), z.regex(/^([0-9a-f]{24})?$/i, 'must be empty or the id of a file'), z.toLowerCase()),
    ),
  }),
  z.refine(({ page, cursor }) => page === undefined || cursor === undefined, {
    path: ['cursor'],
    error: 'cannot be combined with page: send one of them',
  }),
  z.refine(({ deleted, coinName }) => deleted !== 'true' || coinName === undefined, {
    path: ['deleted'],
    error: 'cannot be combined with coinName: deleted files have one list',
  }),
);

/** A media type as RFC 9110 writes it, in characters that a header may hold; parameters say nothing that is kept. */
const mediaType = checked(
  z.string(),
  z.maxLength(255),
  z.regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+([ \t]*;[\x20-\x7e]*)?$/, 'must be a media type such as image/png'),
);

export const presignUploadJson = z.extend(z.omit(presignJson, { purpose: true, mimeType: true }), {
  /** Left out or empty where the client does not know: browsers give no type for many files. */
  mimeType: z.optional(z.union([z.literal(''), mediaType])),
  private: z.optional(z.boolean()),
  coinName,
  /** In parts, each of which may be sent again by itself. */
  parts: z.optional(z.boolean()),
});

/** Which parts URLs are wanted for; without them those that are missing. */
export const partsJson = z.object({
  numbers: z.optional(
    checked(
      z.array(checked(z.int(), z.minimum(1), z.maximum(10_000))),
      z.minLength(1),
      z.maxLength(100),
      z.refine((numbers) => new Set(numbers).size === numbers.length, { error: 'name each part once' }),
    ),
  ),
});
