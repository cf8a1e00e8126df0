/**
 * How much time the request in hand has left for calls that may hang. An instance runs one request at a time, so one
 * variable is enough; workers, whom nobody waits for, begin none.
 */

/** Milliseconds all calls to the bucket of one request get together: the gateway hangs up after 29 s. */
const requestMs = 22_000;

/** Milliseconds kept back from the function's own end, for the table's part and an answer of our own. */
const answerMs = 5_000;

let endsAt: number | undefined;

/** Starts the time of a request. @param remainingMs until the function is ended, as Lambda tells it */
export function beginRequest(remainingMs: number | undefined): void {
  endsAt = Date.now() + Math.min(requestMs, (remainingMs ?? requestMs) - answerMs);
}

/** Milliseconds left; undefined outside a request. */
export function timeLeft(): number | undefined {
  return endsAt === undefined ? undefined : endsAt - Date.now();
}
