import { type ExtensionFile, type FileRecord, isOf } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import type { UploadTarget } from './new-file.ts';

/** A session holds some thousands of files at most; read when it is full, which is rare. */
const pageSize = 1000;

/** What asks for room: where to, which file, and when it was asked for. */
export interface NewUpload {
  target: UploadTarget;
  originalName: string;
  askedAt: Date;
}

/**
 * A page may ask for many uploads at one moment, and the last of them must not take the first one's room: so long before
 * it an upload has to have begun to be one that was left behind, milliseconds.
 */
const atOnceMs = 2000;

/**
 * A person's direct uploads to the same place that nobody completed yet, begun before this one was asked for: those of
 * the same draft first, then the oldest first. A tab that was closed in the middle of one left it so. The same file of
 * the same draft is always the same upload tried again.
 */
export async function ownPending(files: FileStore, upload: NewUpload): Promise<ExtensionFile[]> {
  const { target, originalName, askedAt } = upload;
  const listed = target.kind === 'session' ? await listSession(files, target) : await listOwnStaged(files, target);
  const draftId = target.kind === 'setup' ? target.draftId : undefined;
  const isLeft = (file: ExtensionFile) => {
    const isSame = draftId !== undefined && file.draftId === draftId && file.originalName === originalName;
    return Date.parse(file.createdAt) + (isSame ? 0 : atOnceMs) < askedAt.getTime();
  };
  const isOwn = ({ appId, userId }: ExtensionFile) => appId === target.appId && userId === target.userId;
  const left = listed.filter((file) => file.state === 'pending' && file.incoming && isOwn(file) && isLeft(file));
  const later = (file: ExtensionFile) => (file.draftId === draftId ? 0 : 1);
  return left.sort((a, b) => later(a) - later(b) || a.createdAt.localeCompare(b.createdAt));
}

const listOwnStaged = (files: FileStore, { appId, userId }: UploadTarget) => files.listStaged(appId, userId);

async function listSession(
  files: FileStore,
  { sessionId }: UploadTarget & { kind: 'session' },
): Promise<ExtensionFile[]> {
  const found: FileRecord[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await files.listByScope({ kind: 'session', sessionId }, { limit: pageSize, cursor });
    found.push(...page.items);
    cursor = page.cursor;
  }
  return found.filter((file) => isOf('extension', file));
}
