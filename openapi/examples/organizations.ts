import { consumed, type ExamplesOf, fileId, linkTo, now, presigned } from './shared.ts';

const row = { id: '66f2a1c40a1b2c3d4e5f6072', organizationId: 'org-1', userId: 'user-1' };

const comment = {
  ...row,
  text: 'Knees behind the toes?',
  createdAt: now,
  files: [consumed('exercise-comments/user-1')],
};
const message = { ...row, text: 'Here it is.', createdAt: now, files: [consumed('messages/uploads/user-1')] };
const photos = {
  ...row,
  note: 'week 4',
  takenAt: '2026-11-20',
  createdAt: now,
  files: [consumed('progress-photos/user-1')],
};

const hero = { ext: 'webp', mimeType: 'image/webp', originalName: 'hero.webp' };
const asset = consumed('minisites/org-1', hero);
const content = { title: 'Studio North', hero: fileId };
const { key: _key, originalName: _name, ...visitorAsset } = asset;
const mediaKey = `workouts/org-1/workout-1/${fileId}.mp4`;

export const organizationExamples: ExamplesOf<'organizations'> = {
  'organizations/exercise-comments-create': {
    request: { uploadIds: [fileId], text: 'Knees behind the toes?' },
    answer: comment,
  },
  'organizations/exercise-comments-delete': {},
  'organizations/exercise-comments-list': { answer: { items: [comment] } },
  'organizations/export-url': {
    answer: { url: linkTo('exports/org-1/job-1.csv'), expiresAt: '2026-11-20T10:01:00.000Z' },
  },
  'organizations/logo-get': {
    answer: consumed('logos/org-1', { ext: 'png', mimeType: 'image/png', originalName: 'logo.png' }),
  },
  'organizations/logo-upload': {
    request: { mimeType: 'image/png', fileSize: 20_000, filename: 'logo.png' },
    answer: presigned('image/png', 20_000),
  },
  'organizations/messages-create': { request: { uploadIds: [fileId], text: 'Here it is.' }, answer: message },
  'organizations/messages-delete': {},
  'organizations/messages-list': { answer: { items: [message] } },
  'organizations/minisite-assets': {
    request: { mimeType: 'image/webp', fileSize: 300_000, filename: 'hero.webp' },
    answer: presigned('image/webp', 300_000),
  },
  'organizations/minisite-content-get': { answer: { content, assets: [asset], public: true, updatedAt: now } },
  'organizations/minisite-content-put': {
    request: { content, assetUploadIds: [fileId], public: true },
    answer: { content, assets: [asset], public: true, updatedAt: now },
  },
  'organizations/minisite-visit': { answer: { content, assets: [visitorAsset], updatedAt: now } },
  'organizations/progress-photos-create': {
    request: { uploadIds: [fileId], takenAt: '2026-11-20', note: 'week 4' },
    answer: photos,
  },
  'organizations/progress-photos-delete': {},
  'organizations/progress-photos-list': { answer: { items: [photos], cursor: row.id } },
  'organizations/signature-upload': {
    request: { mimeType: 'image/png', sizeBytes: 12_000 },
    answer: presigned('image/png', 12_000),
  },
  'organizations/uploads-delete': {},
  'organizations/uploads-presign': {
    request: { ownerType: 'progress_photo', mimeType: 'image/jpeg', fileSize: 2_000_000, filename: 'front.jpg' },
    answer: presigned('image/jpeg', 2_000_000),
  },
  'organizations/workout-media-delete': {},
  'organizations/workout-media-upload': {
    request: { mimeType: 'video/mp4', fileSize: 20_000_000, filename: 'squat.mp4' },
    answer: presigned('video/mp4', 20_000_000),
  },
  'organizations/workout-media-urls': {
    request: { keys: [mediaKey] },
    answer: {
      urls: [{ key: mediaKey, url: linkTo(mediaKey), urlExpiresAt: '2026-11-20T11:00:00.000Z' }],
      missing: [],
    },
  },
};
