import { quotaExceeded } from './over-limit.ts';
import type { Clock } from './ports.ts';
import { type CounterRef, type FileRecord, isOver } from './record.ts';
import type { FileStore, OverLimit } from './store.ts';

export interface RoomDeps {
  files: FileStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/** Enough to make room for any single file; what is left over the schedule takes. */
const mostAtOnce = 100;

/** A counter that is full again after this many turns is full of what people keep. */
const maxTurns = 3;

/**
 * Runs a step that may find a counter full. A full one is asked to give back what has expired before anybody is
 * refused for it, and then what the same person began and did not finish (`ownPending`, the first to go first). Throws
 * the quota code of the counter, told with `requestedBytes`.
 */
export async function withRoom<R extends { outcome: string }>(
  deps: RoomDeps,
  requestedBytes: number,
  step: () => Promise<R | OverLimit>,
  ownPending: () => Promise<FileRecord[]> = async () => [],
): Promise<R> {
  for (let turn = 0; ; turn += 1) {
    const result = await step();
    if (!isOverLimit(result)) return result;
    if (turn < maxTurns && (await releaseExpired(deps, result))) continue;
    const pending = await ownPending();
    if (turn < maxTurns && (await releaseEnough(deps, pending, result, requestedBytes))) continue;
    throw quotaExceeded(result, requestedBytes, pending);
  }
}

/**
 * Gives up uploads until there is room, or none of them where all together would not make it: an upload that is still
 * going on is not taken away for nothing. True when something was given back.
 */
async function releaseEnough(
  deps: RoomDeps,
  pending: FileRecord[],
  { limitBytes, usedBytes, limitFiles = Number.POSITIVE_INFINITY, usedFiles }: OverLimit,
  requestedBytes: number,
): Promise<boolean> {
  const missing = { bytes: usedBytes + requestedBytes - limitBytes, files: usedFiles + 1 - limitFiles };
  const given: FileRecord[] = [];
  for (const file of pending) {
    if (missing.bytes <= 0 && missing.files <= 0) break;
    given.push(file);
    missing.bytes -= file.sizeBytes;
    missing.files -= 1;
  }
  if (missing.bytes > 0 || missing.files > 0) return false;
  return await releaseThese(deps, given);
}

const isOverLimit = (result: { outcome: string }): result is OverLimit => result.outcome === 'over_limit';

/**
 * Gives back what only expired staged files and uploads that never finished hold of a full counter, without waiting for
 * TTL or the schedule. True when something was given back, by this call or by another meanwhile, and trying again makes
 * sense.
 */
async function releaseExpired(deps: RoomDeps, { counter, usedBytes, usedFiles }: OverLimit): Promise<boolean> {
  const now = deps.clock.now();
  const expired = (await candidates(deps.files, counter, now)).filter((file) => isOver(file, now)).slice(0, mostAtOnce);
  if (await releaseThese(deps, expired)) return true;
  const usage = await deps.files.usage(counter);
  return usage.usedBytes < usedBytes || usage.fileCount < usedFiles;
}

/** True when one of them was released, by this call. */
async function releaseThese({ files, clock, scheduleDelete }: RoomDeps, given: FileRecord[]): Promise<boolean> {
  const released = await Promise.all(
    given.map(async (file) => {
      const done = await files.release(file, clock.now());
      if (done) await scheduleDelete(file.id);
      return done;
    }),
  );
  return released.some(Boolean);
}

async function candidates(files: FileStore, counter: CounterRef, now: Date): Promise<FileRecord[]> {
  switch (counter.kind) {
    case 'staged':
      return await files.listStaged(counter.appId, counter.userId);
    case 'app':
      return await files.listDue(now, { appId: counter.appId, limit: mostAtOnce });
    case 'session':
      return await files.listDue(now, { sessionId: counter.sessionId, limit: mostAtOnce });
  }
}
