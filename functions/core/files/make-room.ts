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
 * refused for it. Throws the quota code of the counter, told with `requestedBytes`.
 */
export async function withRoom<R extends { outcome: string }>(
  deps: RoomDeps,
  requestedBytes: number,
  step: () => Promise<R | OverLimit>,
): Promise<R> {
  for (let turn = 0; ; turn += 1) {
    const result = await step();
    if (!isOverLimit(result)) return result;
    if (turn >= maxTurns || !(await releaseExpired(deps, result))) throw quotaExceeded(result, requestedBytes);
  }
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
  const released = await Promise.all(
    expired.map(async (file) => {
      const done = await deps.files.release(file, now);
      if (done) await deps.scheduleDelete(file.id);
      return done;
    }),
  );
  if (released.some(Boolean)) return true;
  const usage = await deps.files.usage(counter);
  return usage.usedBytes < usedBytes || usage.fileCount < usedFiles;
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
