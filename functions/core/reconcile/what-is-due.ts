import type { FileRecord } from '#core/files/record.ts';
import { sweepIncoming, sweepOne } from '#core/files/sweep.ts';
import { type FindingKind, found, scopeName } from './report.ts';
import type { Step } from './run.ts';

/** Records a step takes; a real run comes again until there are none. */
const pageSize = 100;

/** What a dry run, which leaves everything in place, can count at most. */
const dryPageSize = 10_000;

/**
 * What the alarms missed: uploads that never finished, expired staged files, deletions that got stuck, dead incoming
 * objects, clean-ups whose message was lost.
 */
export const reconcileDue: Step = async ({ deps, report }) => {
  const now = deps.clock.now();
  const limit = report.dryRun ? dryPageSize : pageSize;
  const before = report.repaired;

  const due = await deps.files.listDue(now, { limit });
  await Promise.all(due.map((file) => found(report, kindOf(file), file.id, () => sweepOne(deps, file))));
  const markers = await deps.files.listDueIncoming(now, limit);
  await Promise.all(
    markers.map((marker) => found(report, 'lateIncoming', marker.fileId, () => sweepIncoming(deps, marker))),
  );
  const owed = await deps.lifecycle.listOwed(now, limit);
  for (const scope of owed) {
    await found(report, 'owedCleanups', scopeName(scope), async () => {
      // Owed anew first, so that the next run does not send a second walk after this one.
      await deps.lifecycle.oweCleanup(scope, now);
      const message =
        scope.kind === 'template'
          ? ({ type: 'template.check', templateId: scope.templateId } as const)
          : ({ type: 'scope.clean', scope } as const);
      await deps.queue.send(message);
    });
  }
  const full = due.length >= limit || markers.length >= limit || owed.length >= limit;
  return full && report.repaired > before ? { part: 'due' } : { part: 'records' };
};

function kindOf(file: FileRecord): FindingKind {
  if (file.state === 'pending') return 'stuckPending';
  if (file.state === 'deleting') return 'stuckDeleting';
  const scanning = file.quarantine !== undefined || file.also !== undefined;
  const lives = file.expiresAt === undefined || file.expiresAt > (file.dueAt ?? 0);
  return scanning && lives ? 'unscanned' : 'expired';
}
