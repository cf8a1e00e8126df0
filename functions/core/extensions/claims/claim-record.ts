import { createHash } from 'node:crypto';
import type { ExtensionFile, Holder } from '#core/files/record.ts';
import type { OverLimit } from '#core/files/store.ts';

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
  /** What stood as the target's last before this one. */
  previousId?: string;
  createdAt: string;
}

/** Same user, app, target, files, draft and way: same claim, whoever sends it how often. */
export function claimIdOf(claim: {
  appId: string;
  userId: string;
  target: ClaimTarget;
  fileIds: string[];
  draftId: string | undefined;
  replace?: boolean | undefined;
}): string {
  const { appId, userId, target, fileIds, draftId, replace } = claim;
  const parts = [appId, userId, target.type, target.id, target.sessionId ?? '', draftId ?? '', ...[...fileIds].sort()];
  // An object cannot be mistaken for a file's id.
  const named = replace === true ? [...parts, { replace }] : parts;
  return createHash('sha256').update(JSON.stringify(named)).digest('hex').slice(0, 24);
}

/** A config may be saved any number of times; a file remembers so many of its claims, which is more than are ever taken back. */
const maxClaimsOfFile = 20;

/**
 * The file as its target holds it: no longer staged, so nothing expires it. One that the target holds already remembers
 * this claim too, so that taking an older one back leaves it where it is, and joins the session that this one names when
 * it is in none yet. Undefined when nothing changes: it was uploaded where it is.
 */
export function boundTo(
  file: ExtensionFile,
  target: ClaimTarget,
  claimId: string,
  now: Date,
): ExtensionFile | undefined {
  if (!file.staged && file.claimIds === undefined) return undefined;
  const changed = { rev: file.rev + 1, updatedAt: now.toISOString() };
  const claims = { claimIds: withId(file.claimIds, claimId), ...inSession(file, target, claimId) };
  if (!file.staged) return { ...file, ...claims, ...changed };
  const { expiresAt: stagedUntil, dueAt: _dueAt, ...rest } = file;
  const holder = target.type === 'lock' ? { lockId: target.id } : { templateId: target.id };
  return {
    ...rest,
    ...holder,
    staged: false,
    ...(stagedUntil !== undefined && { stagedUntil }),
    ...claims,
    ...changed,
  };
}

const withId = (ids: string[] | undefined, claimId: string) =>
  [...(ids ?? []).filter((id) => id !== claimId), claimId].slice(-maxClaimsOfFile);

function inSession(
  { sessionId, sessionClaimIds }: ExtensionFile,
  target: ClaimTarget,
  claimId: string,
): Pick<ExtensionFile, 'sessionId' | 'sessionClaimIds'> {
  if (target.sessionId === undefined || (sessionId !== undefined && sessionId !== target.sessionId)) return {};
  // Which claims brought a file there was not always noted: such a file stays in its session while it is claimed.
  if (sessionId !== undefined && sessionClaimIds === undefined) return {};
  return { sessionId: target.sessionId, sessionClaimIds: withId(sessionClaimIds, claimId) };
}

/** A rolled back file has at least this long before it expires, however little was left of its first life. */
const restoredForMs = 3_600_000;

/** The file without this claim: as it was before it, with time to be saved again, unless another claim stands on it. */
export function withoutClaim(file: ExtensionFile, claimId: string, now: Date): ExtensionFile {
  const changed = { ...file, rev: file.rev + 1, updatedAt: now.toISOString() };
  const others = file.claimIds?.filter((id) => id !== claimId) ?? [];
  if (others.length > 0) return { ...leftSession(changed, claimId), claimIds: others };
  for (const name of ['lockId', 'templateId', 'sessionId', 'claimIds', 'sessionClaimIds', 'stagedUntil'] as const) {
    delete changed[name];
  }
  const expiresAt = Math.max(file.stagedUntil ?? 0, now.getTime() + restoredForMs);
  return { ...changed, staged: true, expiresAt, dueAt: expiresAt, unclaimedAt: now.getTime() };
}

function leftSession(file: ExtensionFile, claimId: string): ExtensionFile {
  const left = file.sessionClaimIds?.filter((id) => id !== claimId);
  if (left === undefined) return file;
  if (left.length > 0) return { ...file, sessionClaimIds: left };
  const { sessionId: _session, sessionClaimIds: _claims, ...rest } = file;
  return rest;
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
