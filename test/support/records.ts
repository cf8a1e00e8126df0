import { type FileRecord, stuckAfterMs } from '#core/file-record.ts';
import { newId, newObjectKey } from '#core/ids.ts';

/** A pending record of a session file; give what matters to the test. */
export function pendingFile(given: Partial<FileRecord> = {}): FileRecord {
  const now = new Date();
  const id = newId(now);
  return {
    id,
    scope: 'extension',
    state: 'pending',
    rev: 1,
    appId: 'app',
    userId: 'user',
    staged: false,
    bucket: 'default',
    key: newObjectKey('extensions', id, 'webp'),
    originalName: 'photo.jpg',
    mimeType: 'image/webp',
    sizeBytes: 1000,
    image: { width: 10, height: 10, thumbhash: 'AAAA' },
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    dueAt: now.getTime() + stuckAfterMs,
    ...given,
  };
}

export const sessionFile = (given: Partial<FileRecord> = {}) =>
  pendingFile({ sessionId: 'session', lockId: 'lock', ...given });

export const stagedFile = (given: Partial<FileRecord> = {}) =>
  pendingFile({ staged: true, expiresAt: Date.now() + 86_400_000, ...given });
