import { describe, expect, it } from 'vitest';
import { checkPolicy, hardCapBytes, keyOf, type UploadOwnerType } from '#core/organizations/policy.ts';

const mebibyte = 1024 * 1024;

const phoneImages: [string, string][] = [
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/heic', 'heic'],
  ['image/heif', 'heif'],
  ['image/gif', 'gif'],
];
const webImages = phoneImages.filter(([type]) => !/hei/.test(type));
const videos: [string, string][] = [
  ['video/mp4', 'mp4'],
  ['video/quicktime', 'mov'],
];

/** The table of docs/contract.md, "Policy", row by row, and what is beside it. */
const rows: { ownerType: UploadOwnerType; types: [string, string][]; maxBytes: number }[] = [
  { ownerType: 'exercise_comment', types: phoneImages, maxBytes: 10 * mebibyte },
  { ownerType: 'exercise_comment', types: videos, maxBytes: 50 * mebibyte },
  { ownerType: 'progress_photo', types: phoneImages, maxBytes: 15 * mebibyte },
  { ownerType: 'message', types: webImages, maxBytes: 10 * mebibyte },
  { ownerType: 'logo', types: webImages, maxBytes: 10 * mebibyte },
  { ownerType: 'minisite_asset', types: webImages, maxBytes: 10 * mebibyte },
  { ownerType: 'signature', types: [['image/png', 'png']], maxBytes: mebibyte },
];

describe('the policy', () => {
  it.each(rows)(
    'of $ownerType takes its types up to the last byte and not one more',
    ({ ownerType, types, maxBytes }) => {
      for (const [mimeType, ext] of types) {
        expect(checkPolicy(ownerType, { mimeType, sizeBytes: maxBytes })).toBe(ext);
        expect(() => checkPolicy(ownerType, { mimeType, sizeBytes: maxBytes + 1 })).toThrow(
          expect.objectContaining({
            code: 'file_too_large',
            message: 'File too large',
            details: { maxBytes },
          }),
        );
      }
    },
  );

  it.each([
    ['exercise_comment', 'image/svg+xml'],
    ['exercise_comment', 'video/webm'],
    ['progress_photo', 'video/mp4'],
    ['progress_photo', 'application/pdf'],
    ['message', 'image/heic'],
    ['message', 'image/heif'],
    ['message', 'video/mp4'],
    ['logo', 'image/svg+xml'],
    ['signature', 'image/jpeg'],
    ['progress_photo', 'image/jpeg\r\nx: y'],
    ['progress_photo', 'toString'],
    ['progress_photo', ''],
  ] as const)('of %s takes no %s', (ownerType, mimeType) => {
    expect(() => checkPolicy(ownerType, { mimeType, sizeBytes: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid_file_type', message: 'Unsupported file type' }),
    );
  });

  it('looks at the hard cap of 100 MB before the type', () => {
    const refusal = expect.objectContaining({ code: 'file_too_large', details: { maxBytes: hardCapBytes } });
    expect(() => checkPolicy('message', { mimeType: 'text/html', sizeBytes: hardCapBytes + 1 })).toThrow(refusal);
    expect(() => checkPolicy('message', { mimeType: 'text/html', sizeBytes: hardCapBytes })).toThrow(
      expect.objectContaining({ code: 'invalid_file_type' }),
    );
  });

  it("names keys as the contract does, and an owner's dots do not climb", () => {
    expect(keyOf('exercise_comment', ['u1'], 'id', 'mov')).toBe('exercise-comments/u1/id.mov');
    expect(keyOf('progress_photo', ['u1'], 'id', 'jpg')).toBe('progress-photos/u1/id.jpg');
    expect(keyOf('message', ['u1'], 'id', 'png')).toBe('messages/uploads/u1/id.png');
    expect(keyOf('progress_photo', ['..'], 'id', 'jpg')).toBe('progress-photos/~2E~2E/id.jpg');
  });
});
