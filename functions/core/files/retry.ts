import { AppError } from './errors.ts';

/** What a step answers when somebody else moved what it had read: read again and decide again. */
export const moved: unique symbol = Symbol('moved');

/** Records may be moved by others between reading and writing; so often in a row they are not. */
const maxAttempts = 10;

/** Longest pause before another attempt, milliseconds. */
const longestPauseMs = 200;

/**
 * Runs a step that reads, decides and writes on the revision it read, again while it is `moved`. Ends: after so many
 * attempts `temporarily_unavailable` is thrown in the words of `busy`, never a loop without end. Attempts after the
 * first wait for a random while (full jitter), so that two that collide do not collide for ever.
 */
export async function retryOnMoved<T>(
  step: () => Promise<T | typeof moved>,
  { attempts = maxAttempts, busy = 'Others are changing this right now. Try again.' } = {},
): Promise<T> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const result = await step();
    if (result !== moved) return result;
    await pause(Math.random() * Math.min(longestPauseMs, 2 ** attempt));
  }
  throw new AppError('temporarily_unavailable', busy, { retryAfterSeconds: 1 });
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
