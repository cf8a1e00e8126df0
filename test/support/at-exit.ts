/** What suites of one process share, and the runner ends by SIGTERM with the process. */
const works: (() => unknown)[] = [];

/** Runs when this process is told to end, within a second or so. Processes that were started do not end by themselves. */
export function atExit(work: () => unknown): void {
  works.push(work);
  if (works.length > 1) return;
  process.once('SIGTERM', () => {
    void Promise.allSettled(works.map(async (each) => await each())).finally(() => process.exit(0));
  });
}
