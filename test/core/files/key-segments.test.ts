import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keySegment } from '#core/files/ids.ts';
import { identifierPattern } from '#core/identity/tokens.ts';
import { keyOf } from '#core/organizations/policy.ts';
import { newUpload } from '#core/uploads/new-upload.ts';

/** Ids as tokens and paths may hold them, those that look like paths often. */
const identifiers = fc.oneof(
  fc.stringMatching(identifierPattern),
  fc.string({ unit: fc.constantFrom('.', '_'), minLength: 1, maxLength: 5 }),
);

/** Any text, and what has fooled encodings before. */
const texts = fc.oneof(
  identifiers,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('.', '_', '/', '\\', '#', '%', '~', '2', 'E', 'e', '\0', '\n', ' ', 'é', 'e\u0301', '😀'),
    maxLength: 8,
  }),
);

/** Reads a segment back, without a look at how it was made: whoever can do that for every id has no two with one segment. */
function idOfSegment(segment: string): string {
  const bytes = segment === '~' ? [] : (segment.match(/~[0-9A-F]{2}|[^~]/g) ?? []);
  return Buffer.concat(
    bytes.map((part) => (part.length === 3 ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part))),
  ).toString('utf8');
}

describe('an id in a key', () => {
  it('is its own segment of the key, and no other id has it', () => {
    fc.assert(
      fc.property(texts, (id) => {
        expect(idOfSegment(keySegment(id))).toBe(id);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        fc.pre(one !== other);
        expect(keySegment(one)).not.toBe(keySegment(other));
      }),
      { numRuns: 5000 },
    );
  });

  it('is a segment that every client, URL parser and bucket leaves as it is', () => {
    fc.assert(
      fc.property(texts, (id) => {
        const segment = keySegment(id);
        expect(segment).toMatch(/^[A-Za-z0-9._:@|~-]+$/);
        expect(segment.normalize('NFC')).toBe(segment);
        for (const written of [segment, encodeURIComponent(segment)]) {
          const path = new URL(`https://r2.example/bucket/${written}/x`).pathname;
          // Decoded once, as it should be, and once more.
          expect(decodeURIComponent(path)).toBe(`/bucket/${segment}/x`);
          expect(decodeURIComponent(decodeURIComponent(path))).toBe(`/bucket/${segment}/x`);
        }
        expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(Math.max(1, 3 * Buffer.byteLength(id)));
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['org', 'org-1', 'Org_2', 'a.b', '.hidden', 'user@example.com', 'auth0|5f7c', 'a:b', '__', '_'])(
    'stays as it is when it is %s, as the contract names keys',
    (id) => {
      expect(keySegment(id)).toBe(id);
    },
  );

  it.each([
    ['.', '~2E'],
    ['..', '~2E~2E'],
    ['...', '~2E~2E~2E'],
    ['', '~'],
    ['a/b', 'a~2Fb'],
    ['a~2Fb', 'a~7E2Fb'],
    ['%2e%2e', '~252e~252e'],
    ['#', '~23'],
    ['a\nb', 'a~0Ab'],
    ['é', '~C3~A9'],
    ['e\u0301', 'e~CC~81'],
    ['😀', '~F0~9F~98~80'],
  ])('%j is spelt %s', (id, segment) => {
    expect(keySegment(id)).toBe(segment);
  });

  it('is refused when it is no Unicode text, which two ids could share', () => {
    for (const half of ['\ud800', 'a\udc00b']) expect(() => keySegment(half)).toThrow(RangeError);
  });

  it('leaves the longest key far from the 1024 bytes that R2 takes', () => {
    for (const longest of ['.'.repeat(128), 'x'.repeat(128)]) {
      const segment = keySegment(longest);
      const keys = [
        `exports/${segment}/${segment}.csv`,
        keyOf('workout_media', [longest, longest], crypto.randomUUID(), 'heic'),
        newUpload(
          new Date(),
          { userId: longest, visibility: 'private', originalName: 'a' },
          { mimeType: 'a/b', sizeBytes: 1, ext: 'x'.repeat(20) },
        ).key,
      ];
      for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThan(1024);
    }
  });
});
