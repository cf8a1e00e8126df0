import { expect, it } from 'vitest';
import { mediaTypeOf } from '#core/files/media-type.ts';

it.each([
  ['image/jpeg', 'image/jpeg'],
  ['IMAGE/JPEG', 'image/jpeg'],
  [' image/jpg ', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['image/jpeg; charset=utf-8', 'image/jpeg'],
  ['image/jpg;q=1; a="b"', 'image/jpeg'],
  ['application/vnd.api+json', 'application/vnd.api+json'],
  ['image/jpeg\r\nx-evil: 1', 'image/jpeg\r\nx-evil: 1'],
  ['image', 'image'],
  ['', ''],
  ['image/png;a="b;c"', 'image/png'],
])('%j is the media type %j', (declared, name) => {
  expect(mediaTypeOf(declared)).toBe(name);
});

it('says so of a text of nothing but separators at once', () => {
  const declared = `a/b${';;'.repeat(5_000)}é`;
  expect(mediaTypeOf(declared)).toBe(declared);
});
