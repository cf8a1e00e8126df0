import { type ExamplesOf, fileId, linkTo, now, presigned } from './shared.ts';

const link = linkTo(`extensions/${fileId}.webp`);

const file = {
  id: fileId,
  signedUrl: link,
  publicUrl: link,
  urlExpiresAt: '2026-11-20T10:10:00.000Z',
  sizeBytes: 123_456,
  originalName: 'puzzle.jpg',
  mimeType: 'image/webp',
  purpose: 'puzzle-image',
  uploadedAt: now,
  width: 1600,
  height: 1200,
  thumbhash: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
};
const staged = { ...file, staged: true, draftId: 'draft-1', expiresAt: '2026-11-21T10:00:00.000Z' };
const stagedQuota = { bytesUsed: 123_456, fileCount: 1, maxBytes: 10_485_760, remainingBytes: 10_362_304 };

const declared = { filename: 'puzzle.png', mimeType: 'image/png', sizeBytes: 6_000_000, purpose: 'puzzle-image' };
const offer = presigned('image/png', 6_000_000);
const state = { solved: false, pieces: [3, 1, 2] };
const form = { file: '(the bytes of puzzle.jpg)', purpose: 'puzzle-image' };

export const extensionExamples: ExamplesOf<'extensions'> = {
  'extensions/session-capabilities': {
    answer: {
      enabled: true,
      provider: 'r2',
      r2Configured: true,
      settings: {
        enabled: true,
        maxFileBytes: 10_485_760,
        maxBytesPerApp: 524_288_000,
        maxBytesPerSession: 52_428_800,
        maxStagedBytesPerUserPerApp: 10_485_760,
        allowedMimePrefixes: ['image/'],
      },
    },
  },
  'extensions/session-files-complete': { request: { uploadId: fileId }, answer: { file } },
  'extensions/session-files-delete': {},
  'extensions/session-files-get': { answer: { file } },
  'extensions/session-files-list': { answer: { items: [file], cursor: fileId } },
  'extensions/session-files-presign': { request: declared, answer: offer },
  'extensions/session-files-upload': { request: form, answer: { file } },
  'extensions/session-state-get': { answer: { state, updatedAt: now } },
  'extensions/session-state-put': { request: { state }, answer: { state, updatedAt: now } },
  'extensions/setup-capabilities': {
    answer: { enabled: true, provider: 'r2', r2Configured: true, supportsStagedSetupFiles: true, stagedQuota },
  },
  'extensions/setup-files-complete': { request: { uploadId: fileId }, answer: { file: staged, stagedQuota } },
  'extensions/setup-files-get': { answer: { file: staged } },
  'extensions/setup-files-presign': { request: { ...declared, draftId: 'draft-1' }, answer: offer },
  'extensions/setup-files-stage': {
    request: { ...form, draftId: 'draft-1' },
    answer: { file: staged, stagedQuota },
  },
  'extensions/setup-files-staged-delete': {},
  'extensions/setup-files-staged-list': { answer: { items: [staged], stagedQuota } },
};
