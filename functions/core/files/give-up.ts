import type { Clock, ObjectStore } from './ports.ts';
import { erase } from './purge.ts';
import type { FileRecord } from './record.ts';
import { moved, retryOnMoved } from './retry.ts';
import type { FileStore } from './store.ts';

interface Deps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/**
 * Undoes an upload on the revision it was judged on, as if it had never begun: counters lowered, Idempotency-Key free,
 * objects and record gone. At once rather than through the queue, since whoever asked is refused anyway; what cannot be
 * taken away now is left to the worker or the schedule. False when the record moved: a file that somebody else
 * completed stays theirs.
 */
export async function giveUp(deps: Deps, file: FileRecord): Promise<boolean> {
  if (!(await deps.files.release(file, deps.clock.now()))) return false;
  await erase(deps, file).catch(() => deps.scheduleDelete(file.id));
  return true;
}

/**
 * Gives up an upload that failed half-way, at whatever revision it is: the record is read again first, since the failed
 * step may have landed and only its answer been lost. Never throws: where the table does not answer either, the record
 * says what is left to do.
 */
export async function giveUpFailed(deps: Deps, file: FileRecord): Promise<void> {
  try {
    await retryOnMoved(async () => {
      const current = await deps.files.get(file.id);
      if (current !== undefined && current.state !== 'deleting') return (await giveUp(deps, current)) || moved;
      // Released by somebody else, who may not know of an object that was written since.
      await erase(deps, file);
      return true;
    });
  } catch {
    await deps.scheduleDelete(file.id);
  }
}
