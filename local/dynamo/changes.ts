/**
 * The stream of writes. What a reader wants to hear of is written in the write's own batch and kept until the reader has
 * taken it, so a process that dies in between tells it after the next start: at least once, in the order of the writes, as
 * streams do. Differs from the service: one shard; what no reader wants is not kept; and nothing is forgotten after a day.
 */
import type { DynamoDBRecord } from 'aws-lambda';
import type { BatchOperation, Level } from './dynalite.ts';
import { after, type Change } from './indexes.ts';
import { streamRecord } from './stream-record.ts';

/** A reader of the stream. Each is told for itself: one that is slow holds up no other. */
export interface ChangeReader {
  /** Names what is kept for it over restarts. */
  name: string;
  wants(record: DynamoDBRecord): boolean;
  /** Takes records in order; resolving acknowledges them, rejecting ends the reading until the next start. */
  take(records: DynamoDBRecord[]): Promise<void>;
}

export interface Changes {
  /** What belongs into the batch of these writes. Call it under the store's lock. */
  outboxOf(changes: Change[]): BatchOperation[];
  /** Something was written. */
  wake(): void;
  /** Resolves when every reader has taken what was written until now. */
  settle(): Promise<void>;
  /** Nothing is read any more once it resolves. */
  close(): Promise<void>;
}

const sequenceKey = 'stowage-change-sequence';
const prefixOf = ({ name }: ChangeReader) => `stowage-changes~${name}~`;
const together = 1_000;

/** Goes on where an earlier process ended. */
export async function createChanges(
  level: Level,
  readers: readonly ChangeReader[],
  { now, region }: { now: () => number; region: string },
): Promise<Changes> {
  let sequence = ((await level.get(sequenceKey)) as number | undefined) ?? 0;
  let closed = false;
  const turns = new Map(readers.map((reader) => [reader, Promise.resolve()]));

  async function read(reader: ChangeReader): Promise<void> {
    const prefix = prefixOf(reader);
    while (!closed) {
      const keys = (await level.keys({ gte: prefix, lt: after(prefix) }).all()).slice(0, together);
      if (keys.length === 0) return;
      const records = await Promise.all(keys.map(async (key) => (await level.get(key)) as DynamoDBRecord));
      await reader.take(records);
      if (!closed) await level.batch(keys.map((key) => ({ type: 'del', key })));
    }
  }

  /** One after the other for each reader, so that it never has two batches at once. */
  function next(reader: ChangeReader): Promise<void> {
    const turn = (turns.get(reader) ?? Promise.resolve()).then(() => read(reader));
    const quiet = turn.catch(() => {
      turns.delete(reader);
    });
    turns.set(reader, quiet);
    return quiet;
  }

  const wake = () => {
    if (!closed) for (const reader of turns.keys()) void next(reader);
  };
  wake();

  return {
    outboxOf(changes) {
      const operations: BatchOperation[] = [];
      for (const { info, before, after } of changes) {
        if (before === after || readers.length === 0) continue;
        sequence += 1;
        const record = streamRecord({ table: info.table, before, after, sequence, nowMs: now(), region });
        for (const reader of readers.filter((one) => one.wants(record))) {
          operations.push({ type: 'put', key: prefixOf(reader) + record.dynamodb?.SequenceNumber, value: record });
        }
      }
      if (operations.length > 0) operations.push({ type: 'put', key: sequenceKey, value: sequence });
      return operations;
    },
    wake,
    async settle() {
      await Promise.all([...turns.keys()].map(next));
    },
    async close() {
      closed = true;
      await Promise.all(turns.values());
    },
  };
}
