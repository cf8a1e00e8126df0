import type { FileEvent } from '#core/events/event.ts';
import type { ClaimRecord } from '#core/extensions/claims/claim-record.ts';
import { markerPrefix } from '#core/files/ids.ts';
import type { ExtensionFile as FileRecord, Scope } from '#core/files/record.ts';
import { allItems } from '#test/support/tables.ts';
import { appId } from './domain.ts';
import { counters } from './limits.ts';
import { isExpired, usageOf } from './rules.ts';
import type { Run } from './run.ts';

/** Everything there is, as the table and the bucket tell it. */
export interface Observed {
  now: Date;
  files: FileRecord[];
  claims: ClaimRecord[];
  /** Of a lock or template and a user, by partition key and user: which claim its item names as the last. */
  lastClaims: Map<string, string>;
  usage: Map<string, { usedBytes: number; fileCount: number }>;
  /** Partition keys of closed counters and deleted holders, as `keys.ts` writes them. */
  closed: Set<string>;
  tickets: string[];
  markers: { fileId: string; incoming: { key: string }; final: { key: string }; variants: { key: string }[] }[];
  owed: Scope[];
  /** Until when a run of reconcile that was killed keeps others out. */
  leaseUntil: number;
  /** Everything that listeners heard. */
  told: FileEvent[];
  /** Bucket keys with the sizes of their objects, without the mark of the table the bucket belongs to. */
  objects: Map<string, number>;
}

/** Reads the whole table and the whole bucket. By then every index has caught up: looking takes longer than it lags. */
export async function observe(run: Run): Promise<Observed> {
  await run.settleIndexes();
  const [items, listed, told] = await Promise.all([allItems(run.table), run.lister.list('default', {}), run.heard()]);
  const of = (sk: string) => items.filter((item) => item.sk === sk);
  const ended = items.filter(({ closedAt, deletedAt }) => closedAt !== undefined || deletedAt !== undefined);
  return {
    now: new Date(run.time.now),
    files: of('FILE').sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)) as unknown as FileRecord[],
    claims: of('CLAIM') as unknown as ClaimRecord[],
    lastClaims: new Map(of('HOLDER').flatMap(lastClaimsIn)),
    usage: new Map(counters.map((counter) => [counter.pk, usageOf(of('COUNTER'), counter)])),
    closed: new Set(ended.map(({ pk }) => String(pk))),
    tickets: of('EXPIRY').map(({ pk }) => String(pk)),
    markers: of('INCOMING') as unknown as Observed['markers'],
    told,
    leaseUntil: Number(of('RUN')[0]?.leaseUntil ?? 0),
    owed: of('CLEANUP').map(({ scope }) => scope as Scope),
    objects: new Map(
      listed.objects.filter(({ key }) => !key.startsWith(markerPrefix)).map(({ key, sizeBytes }) => [key, sizeBytes]),
    ),
  };
}

function lastClaimsIn(item: Record<string, unknown>): [string, string][] {
  const named = Object.entries(item).filter(([name]) => name.startsWith(`claim#${appId}#`));
  return named.map(([name, id]) => [`${item.pk} ${name.split('#')[2]}`, String(id)]);
}

export const fileIn = ({ files }: Observed, id: string) => files.find((file) => file.id === id);

export const isReady = (file: FileRecord | undefined): file is FileRecord => file?.state === 'ready';

/** Staged still and not over: what a claim may take. */
export const isClaimable = (file: FileRecord, now: Date) => isReady(file) && file.staged && !isExpired(file, now);
