import { AppError } from './errors.ts';
import type { Clock } from './ports.ts';
import type { IdempotencyClaim } from './store.ts';

export type Answered =
  | { outcome: 'begun' }
  | { outcome: 'answered'; answer: unknown }
  | { outcome: 'running'; freeAt: Date }
  /** The key stands for another request. */
  | { outcome: 'reused' };

/** Answers of requests by their Idempotency-Keys, for a day. */
export interface IdempotencyStore {
  /** Begins a request, unless one with its key was answered or may still be running. */
  begin(claim: IdempotencyClaim, now: Date): Promise<Answered>;
  /** Keeps the answer. */
  finish(claim: IdempotencyClaim, answer: unknown): Promise<void>;
  /** The request was refused: its key is free. */
  cancel(claim: IdempotencyClaim): Promise<void>;
}

/**
 * Runs a request once for its Idempotency-Key: a repeat is given the first answer and changes nothing, so that a late one
 * cannot undo what came between. Only for requests that may run again where the first was killed before it was answered,
 * and whose answers hold neither secret nor link. Throws `idempotency_key_reused`, `request_in_progress` and what `run`
 * throws.
 */
export async function once<T>(
  { idempotency, clock }: { idempotency: IdempotencyStore; clock: Clock },
  claim: IdempotencyClaim | undefined,
  run: () => Promise<T>,
): Promise<T> {
  if (claim === undefined) return await run();
  const begun = await idempotency.begin(claim, clock.now());
  switch (begun.outcome) {
    case 'answered':
      return begun.answer as T;
    case 'reused':
      throw keyReused();
    case 'running':
      throw inProgress(begun.freeAt);
  }
  let answer: T;
  try {
    answer = await run();
  } catch (error) {
    // What cannot be freed now is free when no function can be running it.
    await idempotency.cancel(claim).catch(() => undefined);
    throw error;
  }
  // It took effect. Without its answer kept a repeat runs again, which these requests allow.
  await idempotency.finish(claim, answer).catch(() => undefined);
  return answer;
}

/** A key stands for one content. */
export const keyReused = () =>
  new AppError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request. Use a new key for new content.',
  );

/** Nobody can tell whether the first request goes on or was cut off, until no function can be working at it. */
export const inProgress = (freeAt: Date) =>
  new AppError(
    'request_in_progress',
    `The first request with this Idempotency-Key is still going on, or was cut off. Repeat it for its answer; if it was cut off, the key is free at ${freeAt.toISOString()}.`,
    { retryAfterSeconds: 2 },
  );
