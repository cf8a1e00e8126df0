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

const uploadSettings = { settings: { maxFileBytes: 104_857_600, allowedTypes: ['*/*'], graceSeconds: 86_400 } };

const none = { count: 0, examples: [] };
const noSuspects = { recordsWithoutObject: 0, objectsWithoutRecord: 0 };

export const adminExamples: ExamplesOf<'admin'> = {
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
