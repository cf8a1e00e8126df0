import { type Author, auditEntry } from '#core/files/audit.ts';
import { deleteAudited } from '#core/files/delete.ts';
import { idPattern } from '#core/files/ids.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import { isHeld } from '#core/files/quarantine.ts';
import { isExpired, isOf, type UploadFile } from '#core/files/record.ts';
import type { Page, PageRequest } from '#core/files/store.ts';
import type { UploadReader } from './ports.ts';

export const uploadStandings = ['ready', 'quarantine', 'deleted', 'expired'] as const;
export type UploadStanding = (typeof uploadStandings)[number];

/** Where a stored upload stands. `deleted`: its owner may take that back until `expiresAt`. `expired`: its clean-up is to come. */
export function uploadStandingOf(file: UploadFile, now: Date): UploadStanding {
  if (isExpired(file, now)) return 'expired';
  if (file.deletedAt !== undefined) return 'deleted';
  return isHeld(file, now) ? 'quarantine' : 'ready';
}

/** A page of what a user has stored, or has deleted and may restore, newest first, and how long that list is. */
export async function listUploadsOf(
  uploads: UploadReader,
  { ownerId, state }: { ownerId: string; state: 'stored' | 'deleted' },
  { limit, cursor }: PageRequest,
): Promise<Page<UploadFile> & { count: number }> {
  const list = { kind: state === 'deleted' ? 'deleted' : 'owner', userId: ownerId } as const;
  const { items, count, more } = await uploads.after(list, { id: cursor, limit });
  const last = items.at(-1)?.id;
  return { items, count, ...(more && last !== undefined && { cursor: last }) };
}

/**
 * Deletes an upload at once, without its grace period, and writes down who did; see `deleteAudited`. Throws `file_not_found`.
 */
export async function deleteUploadOf(
  deps: Parameters<typeof deleteAudited>[0],
  { fileId, author }: { fileId: string; author: Author },
): Promise<void> {
  await deleteAudited(
    deps,
    async () => {
      const file = idPattern.test(fileId) ? await deps.files.get(fileId) : undefined;
      if (!isOf('upload', file)) throw fileNotFound();
      return file;
    },
    ({ id, originalName, sizeBytes, userId, bucket }) => {
      const details = { originalName, sizeBytes, userId, bucket };
      return auditEntry(author, { action: 'uploads.file.deleted', subject: { type: 'file', id }, details });
    },
  );
}
