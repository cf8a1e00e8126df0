import type { ExtensionFile as FileRecord } from '#core/files/record.ts';
import { sliceCount } from '#core/files/slices.ts';
import { appId, sessions } from './domain.ts';
import { type Done, idOfClaim, replaces, scopeOfTarget } from './history.ts';
import { fileIn, isClaimable, isReady, type Observed } from './observe.ts';
import type { ClaimRequest, Request } from './perform.ts';
import {
  appCounter,
  type Counter,
  counts,
  holderOf,
  isExpired,
  isOpen,
  isOver,
  sessionCounter,
  stagedCounter,
} from './rules.ts';

/** The codes a request may be refused with; none: it must be granted. */
export type Prediction = string[];

/** What a request that nobody disturbs must be answered, from what is there. Undefined where the model has no opinion. */
export function predict(request: Request, before: Observed): Prediction | undefined {
  return isHalfClosed(before) && countsSomething.has(request.kind) ? undefined : foresee(request, before);
}

const countsSomething = new Set<Request['kind']>(['stage', 'upload', 'presign', 'claim']);

/** Whoever closed the app was killed on the way: what a slice counts is refused or not, as it is closed or not. */
function isHalfClosed({ closed }: Observed): boolean {
  const parts = [...closed].filter((pk) => pk === appCounter.pk || pk.startsWith(`${appCounter.pk}#SLICE#`));
  return parts.length > 0 && parts.length <= sliceCount;
}

function foresee(request: Request, before: Observed): Prediction | undefined {
  switch (request.kind) {
    case 'stage':
      return roomFor(before, stagedBy(request.user), request.size, ownPending(request, before));
    case 'upload':
    case 'presign': {
      const { sessionId, user, size } = request;
      const own = ownPending(request, before);
      if (sessionId === undefined) return roomFor(before, stagedBy(user), size, own);
      const counters = [sessionCounter(sessionId), appCounter];
      const lockGone = before.closed.has(`LOCK#${sessions[sessionId]}`) ? ['not_found'] : [];
      return [...roomFor(before, counters, size, own), ...lockGone];
    }
    case 'complete':
      return completing(request.file, before);
    case 'claim':
      return claiming(request, before);
    case 'delete': {
      const { file } = request;
      if (!isOpen(file, before.now)) return ['file_not_found'];
      if (file.staged || file.sessionId !== undefined) return [];
      return isLeftBehind(file, before) ? [] : ['file_not_found'];
    }
    case 'schedule':
      // The clock goes on a little before it asks.
      return before.leaseUntil > before.now.getTime() ? undefined : [];
    default:
      return [];
  }
}

/** Uploads at one moment that would fit all together: none of them may be refused for the others. */
export function predictBeside(request: Request, done: Done[], before: Observed): Prediction | undefined {
  const sizes = done.map(({ request: other }) => ('size' in other ? other.size : Number.POSITIVE_INFINITY));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const fits = 'size' in request && Number.isFinite(size) && predict({ ...request, size }, before)?.length === 0;
  return fits ? [] : undefined;
}

const stagedBy = (userId: string): Counter[] => [stagedCounter(userId), appCounter];

const codes = {
  app: 'extension_app_storage_quota_exceeded',
  session: 'extension_session_storage_quota_exceeded',
  staged: 'extension_staged_user_app_storage_quota_exceeded',
} as const;

/** What the same person began in the same place two seconds ago and did not finish gives way to what comes next. */
const ownPending =
  ({ user, ...request }: { user: string; sessionId?: string | undefined }, { now }: Observed) =>
  (file: FileRecord) =>
    file.state === 'pending' &&
    Date.parse(file.createdAt) + 2000 < now.getTime() &&
    file.incoming !== undefined &&
    file.userId === user &&
    file.sessionId === request.sessionId;

/** What nobody will ever finish or save takes no room from anybody, nor does what `givesWay`. */
function roomFor(
  before: Observed,
  counters: Counter[],
  bytes: number,
  givesWay: (file: FileRecord) => boolean = () => false,
): Prediction {
  const standing = before.files.filter((file) => !isOver(file, before.now) && !givesWay(file));
  return counters.flatMap((counter) => {
    const counted = standing.filter((file) => counts(file, counter));
    const used = counted.reduce((sum, file) => sum + file.sizeBytes, 0);
    const full = used + bytes > counter.limitBytes ? [codes[counter.kind]] : [];
    return [...full, ...(before.closed.has(counter.pk) ? ['not_found'] : [])];
  });
}

function completing(file: FileRecord, before: Observed): Prediction | undefined {
  const { incoming } = file;
  if (file.state === 'deleting' || isExpired(file, before.now)) return ['file_not_found'];
  if (file.state === 'ready') return [];
  if (incoming === undefined || !before.objects.has(incoming.key)) return ['file_not_uploaded'];
  // What it becomes is known to the bytes alone; `judge` sees whether the counters follow.
  return undefined;
}

/** The config saved last for its lock or template does not name it. The table says which that was. */
function isLeftBehind(file: FileRecord, { claims, lastClaims }: Observed): boolean {
  const holder = holderOf(file);
  if (holder === undefined || file.claimIds === undefined) return false;
  const last = claims.find(({ id }) => id === lastClaims.get(`${scopeOfTarget(holder)} ${file.userId}`));
  return last?.state === 'claimed' && !last.fileIds.includes(file.id);
}

/** Comes into the session that a claim names: staged so far, or claimed by its lock before that had a session. */
const isJoining = (file: FileRecord, now: Date) =>
  isClaimable(file, now) || (isReady(file) && file.claimIds !== undefined && file.sessionId === undefined);

function claiming(request: ClaimRequest, before: Observed): Prediction | undefined {
  const { user, target, fileIds, replace } = request;
  const id = idOfClaim(request);
  if (!replace && before.claims.some((claim) => claim.id === id && claim.state === 'claimed')) return [];
  if (before.closed.has(`APP#${appId}`)) return undefined;
  const reasons = fileIds.flatMap((fileId) => {
    const file = fileIn(before, fileId);
    if (!isReady(file) || file.userId !== user) return ['file_not_found'];
    if (isExpired(file, before.now)) return ['staged_file_expired'];
    const own = target.type === 'lock' ? file.lockId === target.id : file.templateId === target.id;
    return file.staged || own ? [] : ['file_already_claimed'];
  });
  if (reasons.length > 0) return reasons.slice(0, 1);
  const targetGone = before.closed.has(scopeOfTarget(target)) ? ['not_found'] : [];
  if (target.type !== 'lock' || target.sessionId === undefined) return targetGone;
  const { sessionId } = target;
  const sizeOf = (files: FileRecord[]) => files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const joining = sizeOf(before.files.filter((file) => fileIds.includes(file.id) && isJoining(file, before.now)));
  const leaving = sizeOf(
    before.files.filter((file) => replaces(request, file) && isReady(file) && file.sessionId === sessionId),
  );
  if (joining === 0) return targetGone;
  // What leaves is given back in the same step; whether it is known by then the index decides.
  const full = roomFor(before, [sessionCounter(sessionId)], joining - leaving);
  return full.length === 0 && leaving > 0 ? undefined : [...targetGone, ...full];
}
