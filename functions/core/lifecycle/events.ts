import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import type { Clock } from '#core/files/ports.ts';
import type { Holder, Scope } from '#core/files/record.ts';

/** What the platform tells (docs/contract.md, "Lifecycle events"). Each may come twice, late or out of order. */
export type LifecycleEvent = { eventId: string } & (
  | { type: 'app.deleted'; appId: string }
  | { type: 'session.deleted'; sessionId: string }
  | { type: 'lock.deleted' | 'lock.archived'; lockId: string }
  | { type: 'template.deleted'; templateId: string }
  | { type: 'lock.cloned'; lockId: string; templateId: string }
);

/** Marks of what is deleted and which locks are clones of which template. Every method may run again and change nothing. */
export interface LifecycleStore {
  /**
   * Nothing may be stored for this app or session any more. An app's storage is turned off, a session's state removed.
   */
  closeScope(scope: Scope & { kind: 'app' | 'session' }, now: Date): Promise<void>;
  /** Nothing may be claimed for or stored under it any more. Answers the templates a lock is a clone of. */
  markDeleted(holder: Holder, now: Date): Promise<{ templateIds: string[] }>;
  /** Counts the clone once. Does nothing when the lock is deleted already, or the template's files are on their way out. */
  addClone(clone: { lockId: string; templateId: string }): Promise<void>;
  /** Uncounts the clone once. */
  dropClone(clone: { lockId: string; templateId: string }): Promise<void>;
  /**
   * Lets the files of a template go: only when it is deleted and no clone is left, and from then on no clone can be
   * added. True when they may go, also when they might go before.
   */
  letGo(templateId: string, now: Date): Promise<boolean>;
  /** Notes that a clean-up is owed, for the schedule to take up should its message be lost. */
  oweCleanup(scope: Scope, now: Date): Promise<void>;
  /** The clean-up that was owed before `begun` is done; one that is owed since has its own message. */
  settleCleanup(scope: Scope, begun: Date): Promise<void>;
  /** Clean-ups that are owed for so long that their message must be lost. */
  listOwed(now: Date, limit: number): Promise<Scope[]>;
}

/** Where events wait for the lifecycle worker. */
export interface LifecycleQueue {
  send(event: LifecycleEvent): Promise<void>;
}

export interface LifecycleDeps {
  lifecycle: LifecycleStore;
  queue: CleanupQueue;
  clock: Clock;
}

/**
 * How long a deleted template waits before it is looked at, seconds: the longest delay SQS has. A `lock.cloned` that
 * was sent before the deletion and arrives after it has this long to be counted.
 */
export const templateGraceSeconds = 900;

/**
 * Takes a lifecycle event in. Marks come first and are durable, the walk over the files is a message: whoever sent the
 * event need not wait, and an event that comes again marks what is marked and asks for a walk that finds nothing.
 */
export async function applyLifecycleEvent(deps: LifecycleDeps, event: LifecycleEvent): Promise<void> {
  const now = deps.clock.now();
  switch (event.type) {
    case 'app.deleted':
      return await closeAndClean(deps, { kind: 'app', appId: event.appId }, now);
    case 'session.deleted':
      return await closeAndClean(deps, { kind: 'session', sessionId: event.sessionId }, now);
    case 'lock.deleted':
    case 'lock.archived':
      return await endLock(deps, event.lockId, now);
    case 'template.deleted':
      await deps.lifecycle.markDeleted({ type: 'template', id: event.templateId }, now);
      return await checkLater(deps, event.templateId, now);
    case 'lock.cloned':
      return await deps.lifecycle.addClone(event);
  }
}

async function closeAndClean(deps: LifecycleDeps, scope: Scope & { kind: 'app' | 'session' }, now: Date) {
  await deps.lifecycle.closeScope(scope, now);
  await clean(deps, scope, now);
}

async function endLock(deps: LifecycleDeps, lockId: string, now: Date): Promise<void> {
  const { templateIds } = await deps.lifecycle.markDeleted({ type: 'lock', id: lockId }, now);
  for (const templateId of templateIds) {
    await deps.lifecycle.dropClone({ lockId, templateId });
    await checkLater(deps, templateId, now);
  }
  await clean(deps, { kind: 'lock', lockId }, now);
}

async function clean(deps: LifecycleDeps, scope: Scope, now: Date): Promise<void> {
  await deps.lifecycle.oweCleanup(scope, now);
  await deps.queue.send({ type: 'scope.clean', scope });
}

/** A template is owed a clean-up from the moment it might go, so that a lost message delays it and forgets nothing. */
async function checkLater(deps: LifecycleDeps, templateId: string, now: Date): Promise<void> {
  await deps.lifecycle.oweCleanup({ kind: 'template', templateId }, now);
  await deps.queue.send({ type: 'template.check', templateId }, templateGraceSeconds);
}

/** Begins the clean-up of a template whose last reference may be gone; does nothing while one is left. */
export async function checkTemplate(deps: LifecycleDeps, templateId: string): Promise<void> {
  const scope: Scope = { kind: 'template', templateId };
  const now = deps.clock.now();
  if (await deps.lifecycle.letGo(templateId, now)) await deps.queue.send({ type: 'scope.clean', scope });
  // Nothing is owed while clones live: the last of them owes it anew.
  else await deps.lifecycle.settleCleanup(scope, now);
}
