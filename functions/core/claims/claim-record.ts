import { createHash } from 'node:crypto';
import type { ExtensionFile, Holder } from '#core/file-record.ts';
import type { CounterLimit, OverLimit } from '#core/stores.ts';

/**
 * What a saved config belongs to. A lock may say which session of it the files count against; a template has none, since
 * its files would go with that session.
 */
export interface ClaimTarget extends Holder {
  sessionId?: string | undefined;
}

export interface ClaimRecord {
  id: string;
  appId: string;
  userId: string;
  target: ClaimTarget;
  /** All files the config references. */
  fileIds: string[];
  /** The unreferenced files of the draft that went with it; undefined until that is done. */
  deletedIds?: string[];
  state: 'claimed' | 'rolled_back';
  createdAt: string;
}

/** Same user, app, target, files and draft: same claim, whoever sends it how often. */
export function claimIdOf(claim: {
  appId: string;
  userId: string;
  target: ClaimTarget;
  fileIds: string[];
  draftId: string | undefined;
}): string {
  const { appId, userId, target, fileIds, draftId } = claim;
  const parts = [appId, userId, target.type, target.id, target.sessionId ?? '', draftId ?? '', ...[...fileIds].sort()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}

/** The file as its target holds it: no longer staged, so nothing expires it. */
export function boundTo(file: ExtensionFile, target: ClaimTarget, claimId: string, now: Date): ExtensionFile {
  const { expiresAt: stagedUntil, dueAt: _dueAt, ...rest } = file;
  const holder = target.type === 'lock' ? { lockId: target.id } : { templateId: target.id };
  return {
    ...rest,
    ...holder,
    ...(target.sessionId !== undefined && { sessionId: target.sessionId }),
    staged: false,
    ...(stagedUntil !== undefined && { stagedUntil }),
    claimId,
    rev: file.rev + 1,
    updatedAt: now.toISOString(),
  };
}

/** A rolled back file has at least this long before it expires, however little was left of its first life. */
const restoredForMs = 3_600_000;

/** The file as it was before its claim, with time to be saved again. */
export function stagedAgain(file: ExtensionFile, now: Date): ExtensionFile {
  const next = { ...file };
  for (const name of ['lockId', 'templateId', 'sessionId', 'claimId', 'stagedUntil'] as const) delete next[name];
  const expiresAt = Math.max(file.stagedUntil ?? 0, now.getTime() + restoredForMs);
  return { ...next, staged: true, expiresAt, dueAt: expiresAt, rev: file.rev + 1, updatedAt: now.toISOString() };
}

/** One file's move from what it was to what it becomes. */
export interface Move {
  from: ExtensionFile;
  to: ExtensionFile;
}

export type BindResult =
  | { outcome: 'bound' }
  | OverLimit
  /** A file moved meanwhile: read again and decide again. */
  | { outcome: 'moved' }
  /** The lock, template or session is deleted. */
  | { outcome: 'target_deleted' };

/** Claims and the files they bind. */
export interface ClaimStore {
  get(claimId: string): Promise<ClaimRecord | undefined>;
  /** Strongly consistent; missing ones and those of other systems are left out. */
  getFiles(fileIds: string[]): Promise<ExtensionFile[]>;
  /**
   * Moves all files, their counters and the claim's record in one transaction. `limits` are those of the counters that
   * grow. The target must not be deleted; each file must be at the revision it was read at.
   */
  bind(claim: ClaimRecord, moves: Move[], limits: CounterLimit[], now: Date): Promise<BindResult>;
  /** Remembers which draft files went, so that the same claim again gives the same answer. */
  noteDeleted(claimId: string, deletedIds: string[]): Promise<void>;
  /** Moves all files back and marks the claim rolled back, in one transaction. False: a file moved meanwhile. */
  unbind(claim: ClaimRecord, moves: Move[]): Promise<boolean>;
}
