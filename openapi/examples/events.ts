import type { EventType, FileFacts, StowageEvent } from '../../functions/core/events/event.ts';
import { fileId, now } from './shared.ts';

const told = { time: now, version: 1, source: 'stowage.prod' } as const;

const file: FileFacts = {
  fileId,
  sequence: 2,
  system: 'extension',
  userId: 'user-1',
  mimeType: 'image/webp',
  sizeBytes: 48_213,
  appId: 'puzzle',
  staged: true,
  draftId: 'draft-1',
};
const claimed: FileFacts = {
  ...file,
  staged: false,
  sessionId: 'session-1',
  holder: { type: 'lock', id: 'lock-1' },
};

/** One event of each type: the life of a picture that was staged, and an app that fills up. */
export const eventExamples: { [Type in EventType]: StowageEvent & { type: Type } } = {
  'file.ready': { id: `evt_${fileId}_2_mjv3ye4g`, type: 'file.ready', ...told, data: file },
  'file.claimed': {
    ...{ id: `evt_${fileId}_3_mjv3z01c`, type: 'file.claimed', ...told },
    data: { ...claimed, sequence: 3 },
  },
  'file.released': {
    ...{ id: `evt_${fileId}_4_mjv3zp4w`, type: 'file.released', ...told },
    data: { ...claimed, sequence: 4, staged: true },
  },
  'file.deleted': {
    ...{ id: `evt_${fileId}_6_mjv41a0k`, type: 'file.deleted', ...told },
    data: { ...claimed, sequence: 6, reason: 'deleted' },
  },
  'quota.near': {
    ...{ id: 'evt_quota_9f86d081884c7d659a2feaa0c55ad015', type: 'quota.near', ...told },
    data: { appId: 'puzzle', threshold: 80, usedBytes: 419_430_400, limitBytes: 524_288_000 },
  },
};
