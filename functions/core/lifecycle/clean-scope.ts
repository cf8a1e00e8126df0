import type { Scope } from '#core/file-record.ts';
import type { CleanupQueue, Clock, ObjectStore } from '#core/ports.ts';
import { purge } from '#core/purge.ts';
import type { FileStore } from '#core/stores.ts';
import type { LifecycleStore } from './events.ts';

export interface CleanDeps {
  files: FileStore;
  objects: ObjectStore;
  lifecycle: LifecycleStore;
  queue: CleanupQueue;
  clock: Clock;
}

/** Files a message handles: with their counters and alarms they fit one transaction of 100 items. */
const pageSize = 16;

/** Objects deleted at the same time. */
const parallel = 8;

/** The index shows a record within moments of its write; this long after the mark, none can be missing. */
const secondPassAfterSeconds = 60;

/**
 * One page of a scope's clean-up: quota released, objects gone, records gone; the next page is a new message, so memory
 * and run time are the same for ten files and ten million. A page that fails comes again whole and finds what is left.
 */
export async function cleanScopePage(
  deps: CleanDeps,
  { scope, cursor, pass = 1 }: { scope: Scope; cursor?: string | undefined; pass?: 1 | 2 | undefined },
): Promise<void> {
  const page = await deps.files.listByScope(scope, { limit: pageSize, cursor });
  await deps.files.releaseAll(page.items, deps.clock.now());
  await inParallel(page.items, (file) => purge(deps, file.id));
  if (page.cursor !== undefined) {
    await deps.queue.send({ type: 'scope.clean', scope, cursor: page.cursor, pass });
  } else if (pass === 1) {
    await deps.queue.send({ type: 'scope.clean', scope, pass: 2 }, secondPassAfterSeconds);
  } else {
    await deps.lifecycle.settleCleanup(scope);
  }
}

/** All are tried even when one fails, so that a page that comes again has less to do. Throws the first failure. */
async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  if (failures.length > 0) throw failures[0];
}
