import { getExtensionFile } from '#core/extensions/session-files.ts';
import { type AuditEntry, type Author, auditEntry } from '#core/files/audit.ts';
import { deleteAudited } from '#core/files/delete.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import type { Clock } from '#core/files/ports.ts';
import { type ExtensionFile, isExpired, isOver } from '#core/files/record.ts';
import type { FileReader, Page, PageRequest } from '#core/files/store.ts';

/** Where a file of an app stands, as an administrator is told. */
export const standings = ['pending', 'staged', 'claimed', 'session', 'expired', 'deleting'] as const;
export type Standing = (typeof standings)[number];

/**
 * `pending`: bytes are awaited. `staged`: waits for its claim. `claimed`: a lock or template has it by a claim. `session`:
 * uploaded where it is. `expired`: its time is over and its clean-up still to come. `deleting`: gone for everybody, its bytes
 * may still be there.
 */
export function standingOf(file: ExtensionFile, now: Date): Standing {
  if (file.state === 'deleting') return 'deleting';
  if (isExpired(file, now) || isOver(file, now)) return 'expired';
  if (file.state === 'pending') return 'pending';
  if (file.staged) return 'staged';
  return file.claimIds === undefined || file.claimIds.length === 0 ? 'session' : 'claimed';
}

/** Which of an app's files are asked for. */
export interface FileFilter {
  state?: Standing | undefined;
  sessionId?: string | undefined;
  userId?: string | undefined;
  /** Part of the name, in capitals or not. */
  search?: string | undefined;
}

/** A file as an index names it, and the cursor that goes on behind it. */
export interface Found {
  id: string;
  cursor: string;
}

/** An app's files as only an administrator may list them. */
export interface AppFileStore {
  /**
   * Ids by the index that fits best: of a session, of what a user has staged, of what is due, or of the whole app. Newest first,
   * but for deletions, which are in no list: those by the time at which the schedule looks at them. Eventually consistent; more
   * may be in it than is asked for. `read` counts what was looked at for it. Throws `validation_failed` for a cursor of no such list.
   */
  find(appId: string, filter: FileFilter, page: PageRequest): Promise<Page<Found> & { read: number }>;
  /** Records by their ids, strongly consistent; what is gone, or no file of an extension, is left out. */
  records(ids: string[]): Promise<Map<string, ExtensionFile>>;
}

/** Records a request reads at most while it looks for those it was asked for. */
const mostRead = 1000;

/** Records read together while only some of them may match. */
const readAtOnce = 200;

/**
 * A page of an app's files, newest first; of those being deleted, soonest to be looked at first. What a request reads is
 * bounded: where few files match, a page may be short, even empty, and its cursor goes on behind what was read.
 */
export async function listAppFiles(
  { store, clock }: { store: AppFileStore; clock: Clock },
  appId: string,
  { limit, cursor, ...filter }: PageRequest & FileFilter,
): Promise<Page<ExtensionFile>> {
  const matches = matching(appId, filter, clock.now());
  const isSelective = Object.values(filter).some((value) => value !== undefined);
  const items: ExtensionFile[] = [];
  let after = cursor;
  for (let read = 0; ; ) {
    const wanted = isSelective ? readAtOnce : limit - items.length;
    const page = await store.find(appId, filter, { limit: wanted, cursor: after });
    const records = await store.records(page.items.map(({ id }) => id));
    for (const [index, found] of page.items.entries()) {
      const file = records.get(found.id);
      if (file !== undefined && matches(file)) items.push(file);
      const isLast = page.cursor === undefined && index === page.items.length - 1;
      if (items.length === limit) return { items, ...(!isLast && { cursor: found.cursor }) };
    }
    read += page.read;
    after = page.cursor;
    if (after === undefined) return { items };
    if (read >= mostRead) return { items, cursor: after };
  }
}

function matching(appId: string, { state, sessionId, userId, search }: FileFilter, now: Date) {
  const part = search === undefined ? undefined : comparable(search);
  return (file: ExtensionFile): boolean =>
    file.appId === appId &&
    (state === undefined || standingOf(file, now) === state) &&
    (sessionId === undefined || file.sessionId === sessionId) &&
    (userId === undefined || file.userId === userId) &&
    (part === undefined || comparable(file.originalName).includes(part));
}

const comparable = (name: string) => name.normalize('NFC').toLowerCase();

/** A file of this app in any state, and one that is being deleted too. Throws `file_not_found`. */
export async function getAppFile(files: FileReader, appId: string, fileId: string): Promise<ExtensionFile> {
  const file = await getExtensionFile(files, fileId);
  if (file === undefined || file.appId !== appId) throw fileNotFound();
  return file;
}

/** Deletes a file of an app, whatever has it, and writes down who did; see `deleteAudited`. Throws `file_not_found`. */
export async function deleteAppFile(
  deps: Parameters<typeof deleteAudited>[0],
  { appId, fileId, author }: { appId: string; fileId: string; author: Author },
): Promise<void> {
  await deleteAudited(
    deps,
    () => getAppFile(deps.files, appId, fileId),
    (file) => deletionOf(file, author),
  );
}

function deletionOf(file: ExtensionFile, author: Author): AuditEntry {
  const { appId, id, originalName, sizeBytes, userId } = file;
  const details = { standing: standingOf(file, author.at), originalName, sizeBytes, userId };
  return auditEntry(author, { action: 'app.file.deleted', appId, subject: { type: 'file', id }, details });
}
