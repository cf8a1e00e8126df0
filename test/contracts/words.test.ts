import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { parsePart } from '#http/parts.ts';

const schema = z.object({
  size: z.optional(z.int().check(z.minimum(1), z.maximum(10))),
  limit: z.optional(z.coerce.number()),
  name: z.optional(z.string().check(z.minLength(1), z.maxLength(3))),
  kind: z.optional(z.enum(['a', 'b'])),
  yes: z.optional(z.literal(true)),
  list: z.optional(z.array(z.string()).check(z.maxLength(1))),
  open: z.optional(z.boolean()),
  either: z.optional(z.union([z.string(), z.number()])),
});
const told = (value: unknown, given: z.ZodMiniType = schema) => {
  try {
    parsePart('body', given, value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

it.each([
  [{ size: '10MB' }, 'Check body.size: must be a number'],
  [{ size: 1.5 }, 'Check body.size: must be a whole number'],
  [{ size: 0 }, 'Check body.size: must be at least 1'],
  [{ size: 11 }, 'Check body.size: must be at most 10'],
  [{ limit: 'abc' }, 'Check body.limit: must be a number'],
  [{ name: '' }, 'Check body.name: must have at least 1 character'],
  [{ name: 'long' }, 'Check body.name: must have at most 3 characters'],
  [{ name: null }, 'Check body.name: must be a text'],
  [{ kind: 'c' }, 'Check body.kind: must be one of "a", "b"'],
  [{ yes: false }, 'Check body.yes: must be true'],
  [{ list: 'a' }, 'Check body.list: must be a list'],
  [{ list: ['a', 'b'] }, 'Check body.list: must have at most 1 item'],
  [{ open: 'yes' }, 'Check body.open: must be true or false'],
  [{ either: [] }, 'Check body.either: is none of what it may be'],
  [[], 'Check body: must be an object'],
])('%j is refused in words that say what to send', (value, message) => {
  expect(told(value)).toBe(message);
});

it('what is not there is missing, and what is not known is named', () => {
  expect(told({}, z.object({ id: z.string() }))).toBe('Check body.id: is missing');
  expect(told({}, z.object({ kind: z.enum(['a', 'b']) }))).toBe('Check body.kind: is missing: one of "a", "b"');
  expect(told({ n: 0 }, z.object({ n: z.number().check(z.positive()) }))).toBe('Check body.n: must be more than 0');
  expect(told({ a: 1 }, z.strictObject({}))).toBe('Check body: holds what is not known here: a');
});

it('no word of zod reaches a caller', () => {
  const odd = z.object({
    a: z.coerce.bigint(),
    b: z.date(),
    c: z.map(z.string(), z.string()),
    d: z.never(),
    e: z.nan(),
  });
  const message = told({ a: {}, b: 1, c: 1, d: 1, e: 1 }, z.object({ ...odd.shape, a: z.bigint() })) ?? '';
  expect(message).not.toMatch(/expected|received|Invalid|undefined/);
});
