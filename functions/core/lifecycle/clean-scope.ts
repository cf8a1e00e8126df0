import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { inParallel } from '#core/files/in-parallel.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import { erase } from '#core/files/purge.ts';
import type { FileRecord, Scope } from '#core/files/record.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { FileStore } from '#core/files/store.ts';
import type { LifecycleStore } from './events.ts';

export interface CleanDeps {
  files: FileStore;
  objects: ObjectStore;
  lifecycle: LifecycleStore;
  queue: CleanupQueue;
  /** What a claim's request left of its draft. */
  cleanDraft: (left: { claimId: string; draftId: string }) => Promise<void>;
  clock: Clock;
}

/** Files a message handles: with their counters and alarms they fit one transaction of 100 items. */
const pageSize = 16;

/** The index shows a record within moments of its write; this long after the mark, none can be missing. */
const secondPassAfterSeconds = 60;

/** No function runs longer, so the bytes of an upload that was going on have arrived by then, or never will. */
const uploadIsOverAfterSeconds = 60;

/**
 * One page of a scope's clean-up: quota released, objects gone, records gone; the next page is a new message, so memory
 * and run time are the same for ten files and ten million. A page that fails comes again whole; what it had released by
 * then is in no list any more, and the schedule finishes it.
 */
export async function cleanScopePage(
  deps: CleanDeps,
  { scope, cursor, pass = 1 }: { scope: Scope; cursor?: string | undefined; pass?: 1 | 2 | undefined },
): Promise<void> {
  const now = deps.clock.now();
  const page = await deps.files.listByScope(scope, { limit: pageSize, cursor });
  const released = new Set((await deps.files.releaseAll(page.items, now)).map(({ id }) => id));
  // A release is of the record as it was listed, so these need no second look; the others have moved since.
  await inParallel(page.items, (file) => (released.has(file.id) ? clear(deps, file) : finish(deps, scope, file)));
  if (page.cursor !== undefined) {
    await deps.queue.send({ type: 'scope.clean', scope, cursor: page.cursor, pass });
  } else if (pass === 1) {
    await deps.queue.send({ type: 'scope.clean', scope, pass: 2 }, secondPassAfterSeconds);
  } else {
    await deps.lifecycle.settleCleanup(scope, now);
  }
}

/**
 * Sees a listed file through, as it is by now: claimed, rolled back or completed since it was listed, it is released
 * again while it is the scope's.
 */
async function finish(deps: CleanDeps, scope: Scope, listed: FileRecord): Promise<void> {
  const released = await retryOnMoved(async () => {
    const file = await deps.files.get(listed.id);
    if (file === undefined || (file.state !== 'deleting' && !isInScope(file, scope))) return undefined;
    // Somebody else released it since: what it was then is at most what was listed.
    if (file.state === 'deleting') return listed;
    return (await deps.files.release(file, deps.clock.now())) ? file : moved;
  });
  if (released !== undefined) await clear(deps, released);
}

/**
 * What is left to do for a file that was released in this state. An upload that is still going on may write its object
 * after we removed it, and then be killed: its record waits for that, so that it cannot leave an object without one.
 */
async function clear(deps: CleanDeps, file: FileRecord): Promise<void> {
  const uploading = file.state === 'pending' && file.incoming === undefined;
  if (uploading) await deps.queue.send({ type: 'file.delete', fileId: file.id }, uploadIsOverAfterSeconds);
  else await erase(deps, file);
}

/** Asked again of the record itself: an index may show a file that has changed hands since. */
function isInScope(file: FileRecord, scope: Scope): boolean {
  if (file.scope !== 'extension') return false;
  switch (scope.kind) {
    case 'app':
      return file.appId === scope.appId;
    case 'session':
      return file.sessionId === scope.sessionId;
    case 'lock':
      return file.lockId === scope.lockId;
    case 'template':
      return file.templateId === scope.templateId;
  }
}
