/**
 * Which table a bucket belongs to. An object without a record, and a record without an object, mean something only when
 * bucket and table are the two that belong together and are of the same time. So every bucket holds a marker with the
 * table's id and the generation it was written in, and nothing is judged before both agree with the table.
 *
 * A marker is a key and never overwritten: `.stowage/table/<generation>/<table>`, the highest is valid. So there is no
 * moment without one, whatever is killed, and a bucket whose lock forbids overwriting and deleting can have one too.
 * Such a bucket gets one when it is bound; the default bucket's is renewed with every run.
 */
import { AppError } from '#core/files/errors.ts';
import { fileKeyOf, fitsTime, idOfKey, markerPrefix } from '#core/files/ids.ts';
import { type Bucket, ObjectStoreError } from '#core/files/ports.ts';
import { type Stop, type StopReason, stopUnlessConfirmed } from './brake.ts';
import type { ReconcileDeps, Run } from './run.ts';

interface Marker {
  key: string;
  generation: number;
  table: string;
  writtenAt: Date;
}

/** R2 takes one write of a key a second: a marker of a run just now is left to the run after this one. */
const settledAfterMs = 2_000;

const digits = 12;

const keyOf = ({ generation, table }: Pick<Marker, 'generation' | 'table'>) =>
  `${markerPrefix}${String(generation).padStart(digits, '0')}/${table}`;

/** What lists markers. */
interface Lister {
  lister: Pick<ReconcileDeps['lister'], 'list'>;
}

/** The markers of a bucket, oldest first; anything else under their prefix is not ours. */
async function markersOf({ lister }: Lister, bucket: Bucket): Promise<Marker[]> {
  const markers: Marker[] = [];
  let after: string | undefined;
  do {
    const page = await lister.list(bucket, { prefix: markerPrefix, ...(after !== undefined && { after }) });
    for (const { key, lastModified: writtenAt } of page.objects) {
      const [generation = '', table = ''] = key.slice(markerPrefix.length).split('/');
      if (/^\d{12}$/.test(generation) && table !== '')
        markers.push({ key, generation: Number(generation), table, writtenAt });
    }
    after = page.next;
  } while (after !== undefined);
  return markers;
}

/**
 * Finds table and buckets to belong together, and binds those that nothing was bound to yet; otherwise throws
 * `reconcile_refused` before anything was touched, unless an administrator has confirmed just this. A dry run binds nothing and
 * reports what stops it.
 */
export async function bind(run: Run): Promise<void> {
  const { deps, state, table } = run;
  const found = await Promise.all(
    deps.buckets.map(async (bucket) => {
      const markers = await markersOf(deps, bucket);
      const latest = markers.at(-1);
      return { bucket, markers, latest, refusal: await refusalOf(run, bucket, latest) };
    }),
  );
  const refused = found.flatMap(({ bucket, latest, refusal }) =>
    refusal === undefined ? [] : [{ bucket, reason: refusal, owner: latest?.table ?? 'nobody' }],
  );
  const finding = refused.map(({ bucket, reason, owner }) => `${bucket} ${reason} ${owner}`).join(', ');
  const confirmed = refused.map(({ bucket, reason }) =>
    stopUnlessConfirmed(run, { reason, bucket, message: bindingMessages[reason](bucket) }, finding),
  );
  if (run.report.dryRun) return;
  if (confirmed.includes(false)) throw refusal(run.report.stopped);

  const highest = Math.max(state.generation, ...found.map(({ latest }) => latest?.generation ?? 0));
  const generation = highest + 1;
  // The table first: killed between the two, it is ahead of the bucket, which a table of an earlier time never is.
  await run.keep({ table, generation });
  for (const { bucket, markers, latest } of found) {
    if (bucket !== 'default' && refused.length === 0 && latest !== undefined) continue;
    await deps.objects.put({ bucket, key: keyOf({ generation, table }) }, note, { contentType: 'text/plain' });
    const settled = markers.filter(
      ({ writtenAt }) => deps.clock.now().getTime() - writtenAt.getTime() >= settledAfterMs,
    );
    await Promise.all(settled.map(({ key }) => deps.objects.delete({ bucket, key }).catch(unlessLocked)));
  }
  // Last of all that a marker is there to be missed: killed before, a bucket that never had one is bound by the next run.
  const bound = [...new Set([...state.buckets, ...deps.buckets])];
  if (bound.length > state.buckets.length) await run.keep({ buckets: bound });
}

/** A marker under a bucket lock stays; the later one is valid all the same. */
function unlessLocked(error: unknown): void {
  if (!(error instanceof ObjectStoreError && error.reason === 'locked')) throw error;
}

const note = new TextEncoder().encode(
  'Ties this bucket to the table of its files. Nothing is cleaned up here without it: leave it in place.\n',
);

export type BindingReason = Extract<
  StopReason,
  'bucket_of_another_table' | 'table_restored' | 'bucket_without_marker' | 'bucket_unknown'
>;

/**
 * Whether table and bucket belong together, as far as the marker says: `unbound` where there is none and none is missed,
 * which the next run judges by what lies in the bucket. Reads one list, and changes nothing.
 */
export async function bindingOf(
  deps: Lister,
  told: Pick<Run, 'state' | 'table'>,
  bucket: Bucket,
): Promise<BindingReason | 'unbound' | undefined> {
  return verdictOf(told, bucket, (await markersOf(deps, bucket)).at(-1));
}

async function refusalOf(run: Run, bucket: Bucket, latest: Marker | undefined): Promise<BindingReason | undefined> {
  const verdict = verdictOf(run, bucket, latest);
  if (verdict !== 'unbound') return verdict;
  return (await isKnown(run.deps, bucket)) ? undefined : 'bucket_unknown';
}

function verdictOf(
  { state, table }: Pick<Run, 'state' | 'table'>,
  bucket: Bucket,
  latest: Marker | undefined,
): BindingReason | 'unbound' | undefined {
  // What the table remembers was written in another one: this is a copy of it.
  const isCopy = state.table !== undefined && state.table !== table;
  if (latest !== undefined) {
    if (isCopy) return [state.table, table].includes(latest.table) ? 'table_restored' : 'bucket_of_another_table';
    if (latest.table !== table) return 'bucket_of_another_table';
    return latest.generation > state.generation ? 'table_restored' : undefined;
  }
  if (isCopy) return 'table_restored';
  return state.buckets.includes(bucket) ? 'bucket_without_marker' : 'unbound';
}

/** Pages of foreign objects looked through for one of ours. */
const mostPages = 10;
const sampleSize = 100;

/** A bucket without any object of ours may be bound by itself, and one whose objects this table knows, nine of ten at least. */
async function isKnown({ lister, store }: ReconcileDeps, bucket: Bucket): Promise<boolean> {
  let after: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await lister.list(bucket, { ...(after !== undefined && { after }) });
    const ours = page.objects.flatMap(({ key, lastModified }) => {
      const id = idOfKey(key);
      return id === undefined || !fitsTime(key, id, lastModified) ? [] : [{ key, id }];
    });
    if (ours.length > 0) {
      const every = Math.ceil(ours.length / sampleSize);
      const sample = ours.filter((_, index) => index % every === 0);
      const records = await store.keysOf(sample.map(({ id }) => id));
      const known = sample.filter(({ key, id }) => records.get(id)?.key === fileKeyOf(key));
      return known.length >= 0.9 * sample.length;
    }
    if (page.next === undefined) return true;
    after = page.next;
  }
  return false;
}

const orConfirm =
  'If they do belong together from now on, run dry, read what it found, and send its `confirm` with `dryRun: false`.';

/** What to do about each, for an administrator. */
export const bindingMessages: Record<BindingReason, (bucket: Bucket) => string> = {
  bucket_of_another_table: (bucket) =>
    `The ${bucket} bucket belongs to another table: the settings name a bucket of another stage, or the table is new. Correct the settings or restore the table. ${orConfirm}`,
  table_restored: (bucket) =>
    `The table is of an earlier time than the ${bucket} bucket: it was restored, and does not know the files stored since. Follow docs/operating.md, "After a restore". ${orConfirm}`,
  bucket_without_marker: (bucket) =>
    `The ${bucket} bucket has lost the marker this table put there: it is another bucket, or was emptied. Correct the settings. ${orConfirm}`,
  bucket_unknown: (bucket) =>
    `The ${bucket} bucket holds files this table has no records of: it is not this table's bucket, or the table is new. Correct the settings or restore the table. ${orConfirm}`,
};

function refusal(stopped: Stop[]): AppError {
  const message = `Nothing was touched. ${stopped.map((stop) => stop.message).join(' ')}`;
  return new AppError('reconcile_refused', message, { details: { stopped } });
}
