import { AppError } from './errors.ts';

/** What a step answers when somebody else moved what it had read: read again and decide again. */
export const moved: unique symbol = Symbol('moved');

/** Records may be moved by others between reading and writing; so often in a row they are not. */
const maxAttempts = 10;

/**
 * Runs a step that reads, decides and writes on the revision it read, again while it is `moved`. Ends: after so many
 * attempts `temporarily_unavailable` is thrown in the words of `busy`, never a loop without end. There is no pause: whoever
 * moved the record made progress, and conflicts at the same moment are the adapter's to wait out.
 */
export async function retryOnMoved<T>(
  step: () => Promise<T | typeof moved>,
  { attempts = maxAttempts, busy = 'Others are changing this right now. Try again.' } = {},
): Promise<T> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const result = await step();
    if (result !== moved) return result;
  }
  throw new AppError('temporarily_unavailable', busy, { retryAfterSeconds: 1 });
}
