import { idPattern } from '#core/files/ids.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import type { Clock } from '#core/files/ports.ts';
import { type ExtensionFile, type FileRecord, isCompletable, isOf, isVisible } from '#core/files/record.ts';
import type { IsOwn } from '#core/files/replay.ts';
import type { FileReader, SessionRef } from '#core/files/store.ts';
import type { UploadTarget } from './new-file.ts';

/** An extension's file by an id as it was sent. A file of another system has an id, too, and is not there for it. */
export async function getExtensionFile(files: FileReader, fileId: string): Promise<ExtensionFile | undefined> {
  const file = idPattern.test(fileId) ? await files.get(fileId) : undefined;
  return isOf('extension', file) ? file : undefined;
}

/**
 * A visible file of exactly this app, session and lock, or one of the template that the lock is a clone of
 * (docs/contract.md, "Session files"). Throws `file_not_found`.
 */
export async function getSessionFile(
  deps: { files: FileReader; clock: Clock },
  caller: SessionRef,
  fileId: string,
): Promise<ExtensionFile> {
  const file = await getExtensionFile(deps.files, fileId);
  if (file === undefined || !isVisible(file, deps.clock.now())) throw fileNotFound();
  if (belongsToSession(file, caller) || (await isInherited(deps.files, file, caller))) return file;
  throw fileNotFound();
}

/** A clone shows what its template shows, and changes nothing of it. */
async function isInherited(files: FileReader, file: ExtensionFile, caller: SessionRef): Promise<boolean> {
  const { appId, templateId } = file;
  return appId === caller.appId && templateId !== undefined && (await files.isCloneOf(caller.lockId, templateId));
}

/** Its session's own: what is counted in it and may be deleted there. */
export function belongsToSession(
  file: Pick<ExtensionFile, 'appId' | 'sessionId' | 'lockId'>,
  caller: SessionRef,
): boolean {
  return file.appId === caller.appId && file.sessionId === caller.sessionId && file.lockId === caller.lockId;
}

/** A visible file of this user and app, staged or not. Throws `file_not_found`. */
export async function getOwnFile(
  deps: { files: FileReader; clock: Clock },
  owner: { appId: string; userId: string },
  fileId: string,
): Promise<ExtensionFile> {
  const file = await getExtensionFile(deps.files, fileId);
  if (file === undefined || !isVisible(file, deps.clock.now()) || !isOwn(file, owner)) throw fileNotFound();
  return file;
}

/** Whether a record is what this target's uploader stored there, and may be told of again. */
export function isUploadedTo(target: UploadTarget): IsOwn<ExtensionFile> {
  return (file): file is ExtensionFile =>
    isOf('extension', file) && (target.kind === 'session' ? belongsToSession(file, target) : isOwn(file, target));
}

function isOwn(file: ExtensionFile, owner: { appId: string; userId: string }): boolean {
  return file.appId === owner.appId && file.userId === owner.userId;
}

/**
 * Lets a direct upload of exactly this app, session and lock through to its completion, or the file it became. Throws
 * `file_not_found`, for one that nobody completed in time too.
 */
export function sessionUpload({ clock }: { clock: Clock }, caller: SessionRef) {
  return uploadOf(clock, (file) => belongsToSession(file, caller));
}

/** What may be deleted of a session: a file, or a direct upload that is given up. Throws `file_not_found`. */
export async function getSessionUpload(
  deps: { files: FileReader; clock: Clock },
  caller: SessionRef,
  fileId: string,
): Promise<ExtensionFile> {
  return sessionUpload(deps, caller)(await getExtensionFile(deps.files, fileId));
}

/** The same for what this user uploads in a setup screen of this app, staged or claimed since. */
export function ownUpload({ clock }: { clock: Clock }, owner: { appId: string; userId: string }) {
  return uploadOf(clock, (file) => isOwn(file, owner) && (file.state === 'ready' || file.staged));
}

function uploadOf(clock: Clock, belongs: (file: ExtensionFile) => boolean) {
  return (file: FileRecord | undefined): ExtensionFile => {
    if (!isOf('extension', file) || !belongs(file) || !isCompletable(file, clock.now())) throw fileNotFound();
    return file;
  };
}
