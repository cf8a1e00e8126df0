import { newId, newObjectKey, newUuid } from '#core/files/ids.ts';
import { type ExtensionFile, requestIsOverAfterMs, type UploadFile } from '#core/files/record.ts';
import { sliceOf } from '#core/files/slices.ts';

/** A pending record of a session file; give what matters to the test. */
export function pendingFile(given: Partial<ExtensionFile> = {}): ExtensionFile {
  const now = new Date();
  const id = newId(now);
  return {
    id,
    scope: 'extension',
    state: 'pending',
    rev: 1,
    appId: 'app',
    slice: sliceOf(id),
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
    dueAt: now.getTime() + requestIsOverAfterMs,
    ...given,
  };
}

export const sessionFile = (given: Partial<ExtensionFile> = {}) =>
  pendingFile({ sessionId: 'session', lockId: 'lock', ...given });

export const stagedFile = (given: Partial<ExtensionFile> = {}) =>
  pendingFile({ staged: true, expiresAt: Date.now() + 86_400_000, ...given });

/** A pending record of a public upload. */
export function uploadFile(given: Partial<UploadFile> = {}): UploadFile {
  const now = new Date();
  const id = given.id ?? newId(now);
  return {
    id,
    scope: 'upload',
    state: 'pending',
    rev: 1,
    userId: 'user',
    bucket: 'public',
    key: `public/user/${newUuid(id)}.txt`,
    originalName: 'notes.txt',
    mimeType: 'text/plain',
    sizeBytes: 1000,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    dueAt: now.getTime() + requestIsOverAfterMs,
    ...given,
  };
}
