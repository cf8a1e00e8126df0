/** Runs one task at a time, in the order of asking. */
export type Lock = <T>(task: () => Promise<T>) => Promise<T>;

/** The one lock all writes share, so that a transaction and a single write never interleave. A failed task frees it. */
export function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
