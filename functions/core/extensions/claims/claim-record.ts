import { createHash } from 'node:crypto';
import type { ExtensionFile, Holder } from '#core/files/record.ts';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';

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
  /** The unreferenced files of the draft that went with it so far. */
  deletedIds: string[];
  /** From when on no more go, so that the same claim is always answered the same. */
  cleanedAt?: string;
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

/** A config may be saved any number of times; a file remembers so many of its claims, which is more than are ever taken back. */
const maxClaimsOfFile = 20;

/**
 * The file as its target holds it: no longer staged, so nothing expires it. One that the target holds already remembers
 * this claim too, so that taking an older one back leaves it where it is. Undefined when nothing changes: it was
 * uploaded where it is.
 */
export function boundTo(
  file: ExtensionFile,
  target: ClaimTarget,
  claimId: string,
  now: Date,
): ExtensionFile | undefined {
  if (!file.staged) return file.claimIds === undefined ? undefined : alsoClaimed(file, file.claimIds, claimId, now);
  const { expiresAt: stagedUntil, dueAt: _dueAt, ...rest } = file;
  const holder = target.type === 'lock' ? { lockId: target.id } : { templateId: target.id };
  return {
    ...rest,
    ...holder,
    ...(target.sessionId !== undefined && { sessionId: target.sessionId }),
    staged: false,
    ...(stagedUntil !== undefined && { stagedUntil }),
    claimIds: [claimId],
    rev: file.rev + 1,
    updatedAt: now.toISOString(),
  };
}

function alsoClaimed(file: ExtensionFile, claimIds: string[], claimId: string, now: Date): ExtensionFile {
  const known = [...claimIds.filter((id) => id !== claimId), claimId].slice(-maxClaimsOfFile);
  return { ...file, claimIds: known, rev: file.rev + 1, updatedAt: now.toISOString() };
}

/** A rolled back file has at least this long before it expires, however little was left of its first life. */
const restoredForMs = 3_600_000;

/** The file without this claim: as it was before it, with time to be saved again, unless another claim stands on it. */
export function withoutClaim(file: ExtensionFile, claimId: string, now: Date): ExtensionFile {
  const changed = { ...file, rev: file.rev + 1, updatedAt: now.toISOString() };
  const others = file.claimIds?.filter((id) => id !== claimId) ?? [];
  if (others.length > 0) return { ...changed, claimIds: others };
  for (const name of ['lockId', 'templateId', 'sessionId', 'claimIds', 'stagedUntil'] as const) delete changed[name];
  const expiresAt = Math.max(file.stagedUntil ?? 0, now.getTime() + restoredForMs);
  return { ...changed, staged: true, expiresAt, dueAt: expiresAt };
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
  /** The same claim was made at the same moment, and stands. */
  | { outcome: 'repeated' }
  /** The lock, template or session is deleted. */
  | { outcome: 'target_deleted' };

/** Claims and the files they bind. */
export interface ClaimStore {
  get(claimId: string): Promise<ClaimRecord | undefined>;
  /** Strongly consistent; missing ones and those of other systems are left out. */
  getFiles(fileIds: string[]): Promise<ExtensionFile[]>;
  /**
   * Moves all files, their counters and the claim's record in one transaction. `limits` are those of the counters that
   * grow. The target must not be deleted, the claim must not stand already, and each file must be at the revision it was
   * read at.
   */
  bind(claim: ClaimRecord, moves: Move[], limits: CounterLimit[], now: Date): Promise<BindResult>;
  /**
   * Releases files of the draft that the config does not use, at most 30, in one transaction: `noted` in the claim while
   * it is not answered, or `unsaid` since. False when one of them moved meanwhile, or the claim is rolled back, or
   * answered where they are to be noted.
   */
  discard(claimId: string, files: ExtensionFile[], now: Date, how: 'noted' | 'unsaid'): Promise<boolean>;
  /** From now on nothing more is discarded. Answers all that was, by whichever call; undefined when rolled back. */
  finish(claimId: string, now: Date): Promise<string[] | undefined>;
  /**
   * Moves all files back and marks the claim rolled back, in one transaction; their alarms are set before it. False: a
   * file moved meanwhile.
   */
  unbind(claim: ClaimRecord, moves: Move[]): Promise<boolean>;
}
