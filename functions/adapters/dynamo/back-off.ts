import type { Table } from './client.ts';

/**
 * Waits a random time that grows with each attempt (full jitter), and tells whether there is time for another one: false,
 * without waiting, when the pause could use up what is left.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export async function backOff(
  attempt: number,
  { baseMs, longestMs }: { baseMs: number; longestMs: number },
  table: Pick<Table, 'remainingMs' | 'wait'>,
): Promise<boolean> {
  const pauseMs = Math.random() * Math.min(longestMs, baseMs * 2 ** attempt);
  if (pauseMs >= table.remainingMs()) return false;
  await table.wait(pauseMs);
  return true;
}

/** Time that passes. */
export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
