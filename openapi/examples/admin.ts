import { type ExamplesOf, now } from './shared.ts';

const key = { keyId: '0f6b2b1c8d3e4f5061728394', appId: 'puzzle', label: 'production backend', createdAt: now };

const appStorage = {
  appId: 'puzzle',
  settings: {
    enabled: true,
    maxFileBytes: 10_485_760,
    maxBytesPerApp: 524_288_000,
    maxBytesPerSession: 52_428_800,
    maxStagedBytesPerUserPerApp: 10_485_760,
    allowedMimePrefixes: ['image/'],
    maxImageEdge: 2560,
    imagePresets: { thumb: 320 },
    stagedTtlSeconds: 86_400,
    stateMaxBytes: 65_536,
  },
  usage: { usedBytes: 7_340_032, fileCount: 12 },
};

const app = {
  appId: 'puzzle',
  enabled: true,
  usedBytes: 7_340_032,
  fileCount: 12,
  maxBytes: 524_288_000,
  createdAt: now,
  updatedAt: now,
};

const appFile = {
  id: '66f2a1b40a1b2c3d4e5f6071',
  appId: 'puzzle',
  state: 'claimed' as const,
  originalName: 'front.jpg',
  mimeType: 'image/webp',
  sizeBytes: 611_669,
  width: 1600,
  height: 1200,
  thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
  userId: 'user-1',
  sessionId: null,
  holder: { type: 'lock' as const, id: 'lock-1' },
  purpose: 'cover',
  draftId: null,
  createdAt: now,
  updatedAt: now,
  expiresAt: null,
  signedUrl: 'https://files.example/extensions/66f2a1b40a1b2c3d4e5f6071.webp?X-Amz-Signature=0123',
  urlExpiresAt: now,
};

const appFileDetails = {
  bucketKey: 'extensions/66f2a1b40a1b2c3d4e5f60710123456789abcdef0123.webp',
  claimIds: ['7f1c7e4e9d1b4c0f8a7d5c3b'],
  variants: { thumb: { width: 320, height: 240, sizeBytes: 20_114 } },
};

const why = {
  state: 'claimed' as const,
  summary: 'Claimed: lock lock-1 has it by a saved config.',
  heldBy: [{ type: 'lock' as const, id: 'lock-1' }],
  goes: { by: 'holder' as const, summary: 'Stays until lock lock-1, or the app, is deleted.' },
  cleanups: [],
  timeline: [
    { at: now, event: 'created' as const, summary: 'Upload in a setup screen began.', userId: 'user-1' },
    {
      at: now,
      event: 'claimed' as const,
      summary: 'Claimed for lock lock-1.',
      userId: 'user-1',
      claimId: '7f1c7e4e9d1b4c0f8a7d5c3b',
    },
  ],
};

const uploadSettings = { settings: { maxFileBytes: 104_857_600, allowedTypes: ['*/*'], graceSeconds: 86_400 } };

const none = { count: 0, examples: [] };
const noSuspects = { recordsWithoutObject: 0, objectsWithoutRecord: 0 };

const report = {
  dryRun: false,
  complete: true,
  checked: { records: 1204, counters: 31, objects: 1199 },
  stuckPending: none,
  expired: { count: 1, examples: ['66f2a1b40a1b2c3d4e5f6071'] },
  stuckDeleting: none,
  lateIncoming: none,
  unscanned: none,
  owedCleanups: none,
  counterDrift: [],
  recordsWithoutObject: none,
  objectsWithoutRecord: none,
  waiting: noSuspects,
  removed: noSuspects,
  stopped: [],
  confirmed: [],
  repaired: 1,
  failed: none,
};

const upload = {
  id: '66f2a1b40a1b2c3d4e5f6071',
  userId: 'user-1',
  originalName: 'front.jpg',
  mimeType: 'image/jpeg',
  sizeBytes: 611_669,
  createdAt: now,
  updatedAt: now,
  expiresAt: null,
};
const link = { signedUrl: appFile.signedUrl, urlExpiresAt: now };

export const adminExamples: ExamplesOf<'admin'> = {
  'admin/audit-list': {
    answer: {
      items: [
        {
          id: '66f2a1b40a1b2c3d4e5f6071',
          at: now,
          by: 'admin-1',
          action: 'app.settings.changed',
          appId: 'puzzle',
          subject: null,
          changes: { enabled: { from: false, to: true } },
          details: {},
        },
      ],
    },
  },
  'admin/dead-letters-list': {
    answer: { queues: [{ name: 'cleanup', host: null, messages: 2, redrivable: true, task: null }] },
  },
  'admin/dead-letters-look': {
    answer: {
      messages: [{ id: '5fea7756-0ea4-451a-a703-a558b933e274', sentAt: now, receiveCount: 1, body: '{"kind":"lock"}' }],
    },
  },
  'admin/dead-letters-redrive': { answer: { status: 'running', moved: 0, total: 2 } },
  'admin/organization-uploads-delete': {},
  'admin/organization-uploads-list': {
    answer: {
      items: [
        {
          ...upload,
          organizationId: 'org-1',
          ownerType: 'progress_photo',
          state: 'kept',
          parentId: '66f2a1b40a1b2c3d4e5f6072',
          retainedUntil: null,
          ...link,
        },
      ],
    },
  },
  'admin/reconcile-reports': {
    answer: {
      items: [{ id: '66f2a1b40a1b2c3d4e5f6071', by: 'schedule', startedAt: now, endedAt: now, report }],
    },
  },
  'admin/uploads-delete': {},
  'admin/uploads-list': {
    answer: {
      items: [{ ...upload, state: 'ready', public: true, coinName: null, deletedAt: null, ...link }],
      count: 1,
    },
  },
  'admin/app-files-delete': {},
  'admin/app-files-get': { answer: { file: { ...appFile, ...appFileDetails }, why } },
  'admin/app-files-list': { answer: { items: [appFile] } },
  'admin/app-usage': {
    answer: { by: 'session', items: [{ sessionId: 'session-1', usedBytes: 7_340_032, fileCount: 12 }] },
  },
  'admin/apps-list': { answer: { items: [app], cursor: 'puzzle' } },
  'admin/developer-keys-create': {
    request: { label: 'production backend' },
    answer: { ...key, key: 'sk_puzzle_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG' },
  },
  'admin/developer-keys-list': { answer: { items: [key] } },
  'admin/developer-keys-revoke': {},
  'admin/file-storage-get': { answer: appStorage },
  'admin/file-storage-put': {
    request: { enabled: true, maxFileBytes: 10_485_760, allowedMimePrefixes: ['image/'] },
    answer: appStorage,
  },
  'admin/health': {
    answer: {
      at: '2026-03-01T08:00:00.000Z',
      healthy: true,
      checks: [
        { name: 'table', state: 'ok', message: 'The table answers.' },
        { name: 'secret', state: 'ok', message: 'The secret can be read and has both fields.' },
        { name: 'bucket.default', state: 'ok', message: 'The bucket answers to these credentials.' },
        { name: 'binding.default', state: 'ok', message: 'Bucket and table belong together.' },
        { name: 'reconcile', state: 'ok', message: 'The last complete pass began at 2026-03-01T07:00:00.000Z.' },
      ],
      tokens: {
        issuer: 'https://auth.example.com/',
        audience: 'stowage',
        jwksUrl: 'https://auth.example.com/.well-known/jwks.json',
      },
      r2: {
        endpoint: 'https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com',
        secretName: 'stowage/prod/r2',
        bucket: 'stowage-prod',
        publicBucket: 'stowage-prod-public',
        complianceBucket: null,
        publicBaseUrl: 'https://files.example.com',
      },
    },
  },
  'admin/reconcile': {
    request: { dryRun: true },
    answer: {
      dryRun: true,
      complete: true,
      checked: { records: 1204, counters: 31, objects: 1199 },
      stuckPending: none,
      expired: { count: 1, examples: ['66f2a1b40a1b2c3d4e5f6071'] },
      stuckDeleting: none,
      unscanned: none,
      lateIncoming: none,
      owedCleanups: none,
      counterDrift: [],
      recordsWithoutObject: none,
      objectsWithoutRecord: none,
      waiting: noSuspects,
      removed: noSuspects,
      stopped: [],
      confirmed: [],
      repaired: 0,
      failed: none,
    },
  },
  'admin/uploads-settings-get': { answer: uploadSettings },
  'admin/uploads-settings-put': {
    request: { maxFileBytes: 104_857_600, allowedTypes: ['*/*'] },
    answer: uploadSettings,
  },
};
