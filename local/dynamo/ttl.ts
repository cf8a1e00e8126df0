/**
 * TTL: expired items are removed when asked to, and each removal is told as the record DynamoDB Streams would carry. The
 * record is written in the removal's own batch and kept until the consumer has taken it, so a process that dies in between
 * tells it after the next start: at least once, as streams do. Differs from the service: nothing is removed until a sweep
 * is asked for (there it may take days). Other writes are told by changes.ts.
 */
import type { DynamoDBRecord } from 'aws-lambda';
import type { BatchOperation, Item, Table } from './dynalite.ts';
import { after, expiryKeyPart, expiryOf, expiryPrefix, itemPrefix, operationsOf } from './indexes.ts';
import { createLock } from './lock.ts';
import { type Store, tableKey } from './store.ts';
import { streamRecord } from './stream-record.ts';

const outboxPrefix = 'stowage-outbox~';
const sequenceKey = 'stowage-sequence';
/** Items expired longer than this are left alone by the service, as are TTL values that are no sensible time. */
const oldestExpirySeconds = 5 * 365 * 24 * 60 * 60;

/** Takes one removal; resolving acknowledges it, rejecting keeps it for the next sweep or start. */
export type OnTtlRemoval = (record: DynamoDBRecord) => Promise<void> | void;

export interface TtlSweeper {
  /** Removes what has expired by now, tells everything untold, and answers how many items it removed. */
  sweep(): Promise<number>;
  /** Tells what was removed and never acknowledged, in order; stops at the first rejection. */
  deliver(): Promise<void>;
}

/** `now` is in epoch milliseconds. Without a consumer items are removed and nothing is kept to tell. */
export function createTtlSweeper(store: Store, now: () => number, onTtlRemoval: OnTtlRemoval | undefined): TtlSweeper {
  const deliveryLock = createLock();
  const keysOf = (prefix: string, lt = after(prefix), gte = prefix) => store.level.keys({ gte, lt }).all();

  async function removeIfExpired(tableName: string, key: string): Promise<boolean> {
    const info = await store.table(tableName);
    const before = (await store.level.get(itemPrefix(tableName) + key)) as Item | undefined;
    const expiry = before && expiryOf(before, info.ttlAttribute);
    if (!before || expiry === undefined || expiry >= now() / 1000) return false;
    const operations = operationsOf({ info, key, before, after: undefined });
    if (onTtlRemoval) operations.push(...(await outboxEntry(info.table, before)));
    await store.apply(operations);
    return true;
  }

  async function outboxEntry(table: Table, before: Item): Promise<BatchOperation[]> {
    const sequence = (((await store.level.get(sequenceKey)) as number | undefined) ?? 0) + 1;
    const region = store.raw.tableDb.awsRegion;
    const record = streamRecord({ table, before, after: undefined, sequence, nowMs: now(), region, byTtl: true });
    return [
      { type: 'put', key: sequenceKey, value: sequence },
      { type: 'put', key: outboxPrefix + record.dynamodb?.SequenceNumber, value: record },
    ];
  }

  async function removeExpired(tableName: string): Promise<number> {
    const prefix = expiryPrefix(tableName);
    const nowSeconds = now() / 1000;
    const oldest = prefix + expiryKeyPart(nowSeconds - oldestExpirySeconds);
    let removed = 0;
    for (const entry of await keysOf(prefix, prefix + expiryKeyPart(nowSeconds + 1), oldest)) {
      // The lock is taken for each item, so a long sweep holds nobody up, and the item is looked at again under it.
      const key = entry.slice(entry.indexOf('/') + 1);
      if (await store.lock(() => removeIfExpired(tableName, key))) removed++;
    }
    return removed;
  }

  function deliver(): Promise<void> {
    return deliveryLock(async () => {
      if (!onTtlRemoval) return;
      for (const key of await keysOf(outboxPrefix)) {
        const record = (await store.level.get(key)) as DynamoDBRecord;
        try {
          await onTtlRemoval(record);
        } catch {
          return; // Not acknowledged. Later records wait behind it, as they would in a shard.
        }
        await store.level.batch([{ type: 'del', key }]);
      }
    });
  }

  return {
    deliver,
    async sweep() {
      let removed = 0;
      for (const key of await keysOf(tableKey(''))) removed += await removeExpired(key.slice(tableKey('').length));
      await deliver();
      return removed;
    },
  };
}
