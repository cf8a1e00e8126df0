import { type CounterRef, type FileRecord, isOver } from '#core/files/record.ts';
import type { Clock } from '#core/files/ports.ts';
import type { FileStore, OverLimit } from '#core/files/store.ts';

/** Enough to make room for any single file; what is left over the schedule takes. */
const mostAtOnce = 100;

/**
 * Gives back what only expired staged files and uploads that never finished hold of a full counter, without waiting for
 * TTL or the schedule, so that nobody is refused for them. True when something was given back, by this call or by
 * another meanwhile, and trying again makes sense.
 */
export async function releaseExpired(
  deps: { files: FileStore; clock: Clock; scheduleDelete: (fileId: string) => Promise<void> },
  { counter, usedBytes, usedFiles }: OverLimit,
): Promise<boolean> {
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
