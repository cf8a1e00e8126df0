import { AsyncLocalStorage } from 'node:async_hooks';

/** Kept of an invocation's time for the answer: its last call must end this much earlier. Milliseconds. */
const answerMs = 2_000;

/** The moment each invocation's calls must end at, epoch milliseconds. */
const deadlines = new AsyncLocalStorage<number>();

interface InvocationContext {
  getRemainingTimeInMillis?: () => number;
}

/**
 * A handler whose calls know how much of the function's time is left. What it leaves running after its answer keeps its
 * own deadline, also when Lambda thaws it in the middle of a later invocation.
 */
export function withDeadline<Event, Context extends InvocationContext, Answer>(
  handler: (event: Event, context: Context) => Promise<Answer>,
) {
  return (event: Event, context: Context): Promise<Answer> => {
    const left = context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    return deadlines.run(Date.now() + left - answerMs, () => handler(event, context));
  };
}

/** Milliseconds the running invocation has left for calls, negative when they should have ended; infinite outside of one. */
export function remainingMs(): number {
  return (deadlines.getStore() ?? Number.POSITIVE_INFINITY) - Date.now();
}
