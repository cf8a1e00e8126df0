/**
 * Items held by transactions. DynamoDB does not let others wait for an item that a transaction is at: it refuses them.
 * Who is refused, by the Developer Guide ("Transaction conflict handling in DynamoDB"): a transaction, of writes or of
 * reads, and a single Put, Update or Delete; not a plain read of any kind. A part of a transaction that only checks its
 * item holds it as much as one that writes it. Differs from the service: batch writes meet nobody, and single writes are
 * done at once, so no transactional read meets them.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Holds {
  /** Whether a transaction is at the item right now, one of ours or of a stranger. */
  isHeld(item: string): boolean;
  /** Whether it is one of ours. */
  isHeldByUs(item: string): boolean;
  /** Holds the items for a while and then until the task is done. None of them may be held already. */
  during<T>(items: string[], task: () => Promise<T>): Promise<T>;
}

/** Without times nothing is ever held by us; `stranger` says each time whether somebody else is at an item. */
export function createHolds(
  nextMs: (() => number) | undefined,
  stranger: () => boolean,
  wait: (ms: number) => Promise<unknown> = sleep,
): Holds {
  const held = new Set<string>();
  return {
    isHeld: (item) => held.has(item) || stranger(),
    isHeldByUs: (item) => held.has(item),
    async during(items, task) {
      if (nextMs === undefined) return await task();
      for (const item of items) held.add(item);
      try {
        await wait(nextMs());
        return await task();
      } finally {
        for (const item of items) held.delete(item);
      }
    },
  };
}
