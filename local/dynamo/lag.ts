/**
 * Global indexes that learn late. What an index must still learn is written in the item's own batch and applied in order
 * when its time has come, so a process that dies in between has the index right after the next start.
 */
import type { BatchOperation, Level } from './dynalite.ts';
import { after } from './indexes.ts';

const prefix = 'stowage-lag~';
const globalIndex = 'index-global~';

export interface LaggingIndexes {
  /** Writes the batch, with the entries of global indexes now or later. */
  apply(operations: BatchOperation[]): Promise<void>;
  /** Resolves when every index has what was written until now, without waiting for its time. */
  settle(): Promise<void>;
  /** Nothing is applied any more once it resolves; what is left waits for the next start. */
  close(): Promise<void>;
}

interface Late {
  key: string;
  operations: BatchOperation[];
  dueAt: number;
}

/** Applies what an earlier process left. Without times indexes are written with their items. */
export async function createLaggingIndexes(level: Level, nextMs: (() => number) | undefined): Promise<LaggingIndexes> {
  for (const key of await level.keys({ gte: prefix, lt: after(prefix) }).all()) {
    await level.batch([...((await level.get(key)) as BatchOperation[]), { type: 'del', key }]);
  }
  const waiting: Late[] = [];
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other, so that an index never goes back to an older state of an item. */
  function applyUntil(time: number): Promise<unknown> {
    last = last.then(async () => {
      for (let late = waiting[0]; late !== undefined && late.dueAt <= time; late = waiting[0]) {
        await level.batch([...late.operations, { type: 'del', key: late.key }]);
        waiting.shift();
      }
      schedule();
    });
    return last;
  }

  function schedule(): void {
    clearTimeout(timer);
    const next = waiting[0];
    if (next) timer = setTimeout(() => void applyUntil(Date.now()), Math.max(1, next.dueAt - Date.now()));
  }

  return {
    async apply(operations) {
      const late = nextMs === undefined ? [] : operations.filter(({ key }) => key.startsWith(globalIndex));
      if (nextMs === undefined || late.length === 0) return await level.batch(operations);
      count += 1;
      const key = prefix + String(count).padStart(12, '0');
      const now = operations.filter((operation) => !late.includes(operation));
      const dueAt = Math.max(waiting.at(-1)?.dueAt ?? 0, Date.now() + nextMs());
      await level.batch([...now, { type: 'put', key, value: late }]);
      waiting.push({ key, operations: late, dueAt });
      if (waiting.length === 1) schedule();
    },
    async settle() {
      await applyUntil(Number.POSITIVE_INFINITY);
    },
    async close() {
      clearTimeout(timer);
      await last;
      clearTimeout(timer);
    },
  };
}
