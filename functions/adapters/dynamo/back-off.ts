/**
 * Waits a random time that grows with each attempt (full jitter), and tells whether there is time for another one: false,
 * without waiting, when the pause could use up what is left.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export async function backOff(
  attempt: number,
  { baseMs, longestMs }: { baseMs: number; longestMs: number },
  remainingMs: () => number,
): Promise<boolean> {
  const pauseMs = Math.random() * Math.min(longestMs, baseMs * 2 ** attempt);
  if (pauseMs >= remainingMs()) return false;
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return true;
}
