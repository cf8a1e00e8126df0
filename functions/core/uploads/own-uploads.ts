import { AppError } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import type { Clock } from '#core/files/ports.ts';
import { requireNotRejected, requireReleased } from '#core/files/quarantine.ts';
import { type FileRecord, isAwaited, isOf, isVisible, type UploadFile } from '#core/files/record.ts';
import type { IsOwn } from '#core/files/replay.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { FileReader, FileStore } from '#core/files/store.ts';
import type { UploadReader, UploadStore } from '#core/uploads/ports.ts';
import type { ListRef } from './lists.ts';
import type { UploadSettings } from './settings.ts';

interface Deps {
  files: FileReader;
  clock: Clock;
}

interface Owned {
  userId: string;
  fileId: string;
}

/**
 * The owner's upload. A deleted one is found until its grace period ends, so that its owner sees that, and when.
 * Throws `file_not_found` for anybody else's, and for one that is not stored yet; `file_rejected`.
 */
export async function getUpload({ files, clock }: Deps, { userId, fileId }: Owned): Promise<UploadFile> {
  const file = idPattern.test(fileId) ? await files.get(fileId) : undefined;
  return visible({ clock }, { userId }, file);
}

function visible({ clock }: Pick<Deps, 'clock'>, { userId }: Pick<Owned, 'userId'>, file: FileRecord | undefined) {
  if (!ownedBy(file, userId)) throw fileNotFound();
  requireNotRejected(file);
  if (!isVisible(file, clock.now())) throw fileNotFound();
  return file;
}

export function ownedBy(file: FileRecord | undefined, userId: string): file is UploadFile {
  return isOf('upload', file) && file.userId === userId;
}

export const uploadOf =
  (userId: string): IsOwn<UploadFile> =>
  (file): file is UploadFile =>
    ownedBy(file, userId);

/** An upload that can be opened: a deleted one cannot. Throws `file_not_found`, `file_rejected` and `file_in_quarantine`. */
export async function getLiveUpload(deps: Deps, owned: Owned): Promise<UploadFile> {
  const file = await getUpload(deps, owned);
  if (file.deletedAt !== undefined) throw fileNotFound();
  requireReleased(file, deps.clock.now());
  return file;
}

/**
 * Gives up a direct upload that is not completed: its parts and its bytes follow through the queue. Answers it as it is
 * then.
 */
async function abandonUpload(deps: DeleteDeps, file: UploadFile): Promise<UploadFile | typeof moved> {
  const now = deps.clock.now();
  if (!(await deps.files.release(file, now))) return moved;
  await deps.scheduleDelete(file.id);
  return { ...file, state: 'deleting', deletedAt: now.toISOString() };
}

/** What deleting works with. */
export interface DeleteDeps extends Deps {
  files: FileStore;
  uploads: UploadStore;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/**
 * Deletes an upload softly (docs/contract.md, "Delete a file"): out of every list and every count at once; the object
 * follows when the grace period ends, by the same cleanup that takes what has expired. A second time changes nothing
 * and answers the same. A direct upload that is not completed is given up at once. Throws `file_not_found`.
 */
export async function deleteUpload(
  deps: DeleteDeps,
  owned: Owned,
  { graceSeconds }: UploadSettings,
): Promise<UploadFile> {
  return await retryOnMoved(async () => {
    const found = idPattern.test(owned.fileId) ? await deps.files.get(owned.fileId) : undefined;
    if (ownedBy(found, owned.userId) && isAwaited(found, deps.clock.now())) return await abandonUpload(deps, found);
    const file = visible(deps, owned, found);
    if (file.deletedAt !== undefined) return file;
    const deletedAt = deps.clock.now();
    const expiresAt = new Date(deletedAt.getTime() + graceSeconds * 1000);
    return (await deps.uploads.hide(file, { deletedAt, expiresAt })) ?? moved;
  });
}

/**
 * Takes a deletion back while its grace period lasts (docs/contract.md, "Restore a file"): the same id, key, address and
 * place in the lists. What is not deleted is answered as it is, so that asking again changes nothing. Against the end of
 * the grace period the record's revision decides: whoever moves it first wins, and bytes go only after the record did.
 * Throws `file_not_found`, also for what nobody has completed, and `grace_period_over` where the file is not gone yet.
 */
export async function restoreUpload(deps: Deps & { uploads: UploadStore }, owned: Owned): Promise<UploadFile> {
  return await retryOnMoved(async () => {
    const { userId, fileId } = owned;
    const file = idPattern.test(fileId) ? await deps.files.get(fileId) : undefined;
    if (!ownedBy(file, userId)) throw fileNotFound();
    requireNotRejected(file);
    const now = deps.clock.now();
    if (file.deletedAt !== undefined && !isVisible(file, now)) throw gracePeriodOver(file);
    if (file.state !== 'ready') throw fileNotFound();
    if (file.deletedAt === undefined) return file;
    return (await deps.uploads.reveal(file, now)) ?? moved;
  });
}

const gracePeriodOver = ({ expiresAt }: UploadFile) =>
  new AppError('grace_period_over', 'The file was deleted for good and cannot be restored. Upload it again.', {
    details: { until: new Date(expiresAt ?? 0).toISOString() },
  });

export interface UploadPage {
  items: UploadFile[];
  count: number;
  pages: number;
  /** Asked for by a cursor, and there is more: the id of the last item. */
  cursor?: string | undefined;
}

/**
 * A page of the caller's uploads, newest first (docs/contract.md, "List files"), by its number or, where `cursor` is
 * given (empty for the first), after a file: numbers shift when files come and go, what follows a file does not. Of
 * deleted ones those whose grace period is over are left out, and counted until the clean-up has taken them.
 */
export async function listUploads(
  { uploads, clock }: { uploads: UploadReader; clock: Clock },
  userId: string,
  query: Listed & { page: number; limit: number; cursor?: string | undefined },
): Promise<UploadPage> {
  const { page, limit, cursor } = query;
  const list = listOf(userId, query);
  const found =
    cursor === undefined
      ? await uploads.page(list, { offset: (page - 1) * limit, limit })
      : await uploads.after(list, { id: cursor === '' ? undefined : cursor, limit });
  const { items, count, more } = found;
  const last = cursor !== undefined && more ? items.at(-1)?.id : undefined;
  const now = clock.now();
  const shown = items.filter((file) => isVisible(file, now));
  return { items: shown, count, pages: Math.ceil(count / limit), cursor: last };
}

/** Which of a user's lists: all there is, what is of one coin, or what was deleted and may be restored. */
interface Listed {
  coinName?: string | undefined;
  deleted?: boolean | undefined;
}

function listOf(userId: string, { coinName, deleted }: Listed): ListRef {
  if (deleted === true) return { kind: 'deleted', userId };
  return coinName === undefined ? { kind: 'owner', userId } : { kind: 'coin', userId, coinName };
}
