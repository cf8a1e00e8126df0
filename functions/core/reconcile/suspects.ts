import { fileKeyOf, idOfKey, isIncomingKey } from '#core/files/ids.ts';
import { purge } from '#core/files/purge.ts';
import { type FileRecord, objectOf } from '#core/files/record.ts';
import { limitOf, type Stop, stopUnlessConfirmed } from './brake.ts';
import { fail } from './report.ts';
import { inTurns, isOverTime, type Run, type Step } from './run.ts';
import type { Suspect, SuspectList } from './stores.ts';

/** What to do with the suspects of one list. */
export interface Case {
  list: SuspectList;
  kind: 'recordsWithoutObject' | 'objectsWithoutRecord';
  /** Things that were looked at, which a share is of. */
  seen: number;
  stop: Pick<Stop, 'reason' | 'bucket'>;
  /** Asks table and bucket once more. */
  isStill(suspect: Suspect): Promise<boolean>;
  remove(suspect: Suspect): Promise<unknown>;
}

/** Records whose object is gone, after the whole table was looked through. */
export const settleMissing: Step = async (run, position) => {
  const { deps } = run;
  const again = await settle(run, {
    list: 'missing',
    kind: 'recordsWithoutObject',
    seen: position.seen ?? 0,
    stop: { reason: 'too_many_missing' },
    isStill: async ({ name }) => (await withoutObject(run, name)) !== undefined,
    // Released at the revision that was found without object: whoever moved the record since decides.
    remove: async ({ name }) => {
      const file = await withoutObject(run, name);
      if (file !== undefined && (await deps.files.release(file, deps.clock.now()))) await purge(deps, name);
    },
  });
  return again ? position : { part: 'objects', bucket: 0 };
};

/** A ready record whose bytes are lost helps nobody and holds quota; somebody deleted them past us. */
export async function withoutObject({ deps }: Run, fileId: string): Promise<FileRecord | undefined> {
  const file = await deps.files.get(fileId);
  if (file?.state !== 'ready' || (await deps.objects.head(objectOf(file))) !== undefined) return undefined;
  // A HEAD has no error code, and where the whole bucket is gone or misnamed it finds no object either: GET tells.
  const range = { first: 0, last: 0 };
  const bytes = await deps.objects.get(objectOf(file), { maxBytes: file.sizeBytes + 1, range });
  return bytes === undefined ? file : undefined;
}

/** Objects of a bucket that have no record, after all of it was looked through. */
export const settleOrphans: Step = async (run, position) => {
  const { deps } = run;
  const index = position.bucket ?? 0;
  const bucket = deps.buckets[index];
  if (bucket === undefined) return { part: 'uploads' };
  const again = await settle(run, {
    list: `orphans ${bucket}`,
    kind: 'objectsWithoutRecord',
    seen: position.seen ?? 0,
    stop: { reason: 'too_many_orphans', bucket },
    async isStill({ name: key, firstSeenAt }) {
      const head = await deps.objects.head({ bucket, key });
      // Written since: another object under the same name, which has not been suspect for a day.
      if (head === undefined || head.lastModified.getTime() > firstSeenAt) return false;
      const id = idOfKey(key);
      if (id === undefined) return isIncomingKey(key);
      return (await deps.store.keysOf([id])).get(id)?.key !== fileKeyOf(key);
    },
    remove: ({ name: key }) => deps.objects.delete({ bucket, key }),
  });
  if (again) return position;
  return index + 1 < deps.buckets.length ? { part: 'objects', bucket: index + 1 } : { part: 'uploads' };
};

/**
 * Judges a list as a whole, and lets go what has been suspect for long enough. Nothing goes while there are more of them
 * than could be an accident, or no record at all. True when time ran out before everything was gone that may go.
 */
export async function settle(run: Run, about: Case): Promise<boolean> {
  const { deps, report, state } = run;
  const { list, stop } = about;
  const { waiting, unconfirmed, newest } = await judge(run, about);
  report.waiting[about.kind] += waiting;
  if (waiting === 0) return false;
  if (!(await deps.store.hasRecords())) {
    report.stopped.push({ ...stop, reason: 'table_without_records', message: withoutRecords, count: waiting });
    return false;
  }
  const limit = limitOf(about.seen);
  if (unconfirmed > limit) {
    const message = tooMany(about.kind, unconfirmed, limit);
    const finding = `${list} ${unconfirmed} ${newest}`;
    if (!stopUnlessConfirmed(run, { ...stop, message, count: unconfirmed, limit }, finding)) return false;
    await run.keep({ confirmedThrough: { ...state.confirmedThrough, [list]: newest } });
  }
  return report.dryRun ? false : await letGo(run, about);
}

/**
 * Counts the suspects that still are, dropping the others. Those an administrator has confirmed are asked about when their time
 * has come. When the time of the run is over the rest is counted unasked: at worst too many are found.
 */
async function judge(run: Run, { list, isStill }: Case) {
  const { deps, state, report } = run;
  const confirmedThrough = state.confirmedThrough[list] ?? 0;
  const sum = { waiting: 0, unconfirmed: 0, newest: 0 };
  await forEachSuspect(run, list, async (suspect) => {
    const open = suspect.firstSeenAt > confirmedThrough;
    if (open && !isOverTime(run) && !(await isStill(suspect))) {
      if (!report.dryRun) await deps.store.clear(list, suspect.name);
      return;
    }
    sum.waiting += 1;
    if (!open) return;
    sum.unconfirmed += 1;
    sum.newest = Math.max(sum.newest, suspect.firstSeenAt);
  });
  return sum;
}

async function letGo(run: Run, about: Case): Promise<boolean> {
  const { deps, report } = run;
  const { list, kind, isStill, remove } = about;
  const seenBefore = deps.clock.now().getTime() - deps.graceMs;
  let left = false;
  await forEachSuspect(run, list, async (suspect) => {
    if (suspect.firstSeenAt > seenBefore) return;
    if (isOverTime(run)) {
      left = true;
      return;
    }
    try {
      if (await isStill(suspect)) {
        await remove(suspect);
        report.repaired += 1;
        report.removed[kind] += 1;
        const since = new Date(suspect.firstSeenAt).toISOString();
        deps.log('WARN', 'reconcile removed', { kind, list, name: suspect.name, since });
      }
      await deps.store.clear(list, suspect.name);
      report.waiting[kind] -= 1;
    } catch (error) {
      fail(report, `${kind} ${suspect.name}`, error);
    }
  });
  return left;
}

async function forEachSuspect(run: Run, list: SuspectList, work: (suspect: Suspect) => Promise<void>): Promise<void> {
  let after: string | undefined;
  do {
    const page = await run.deps.store.suspects(list, after);
    await inTurns(run, page.suspects, work);
    after = page.next;
  } while (after !== undefined);
}

const withoutRecords =
  'The table has no record of any file, so no object is taken for a stray one. Check that this is the right table. If it is, what is stray goes once a file is stored again.';

const tooMany = (kind: Case['kind'], count: number, limit: number) => {
  const what = kind === 'recordsWithoutObject' ? 'records have no object' : 'objects have no record';
  return `${count} ${what}, and more than ${limit} at once is no accident: none was removed. Look for the cause (a restored table, a wrong or emptied bucket). If they are to go, run dry, read what it found, and send its \`confirm\` with \`dryRun: false\`.`;
};
