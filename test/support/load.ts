import { type LoadOptions, loadFromEnv, loadVariables } from '#local/dynamo/load.ts';

/**
 * What the suites of races, crashes and histories run under: transactions that hold their items, batches that leave keys
 * out and partitions with a limit. STOWAGE_LOCAL_DYNAMO_* in the environment add to it or replace a setting, for heavier
 * load or another seed.
 */
export const underLoad: LoadOptions = {
  seed: 1,
  holdMs: [5, 20],
  unprocessedShare: 0.2,
  partitionWriteUnits: 1000,
  ...loadFromEnv(process.env),
};

/** Long enough for a request or two to come before an index has learned of the last. */
export const laggingIndexes: LoadOptions = { indexLagMs: 50 };

/** The same as variables of `npm start`. */
export const loadVariablesOf = (load: LoadOptions): Record<string, string> =>
  Object.fromEntries(
    Object.entries(loadVariables).flatMap(([name, option]) => {
      const value = load[option];
      return value === undefined ? [] : [[name, typeof value === 'number' ? String(value) : value.join('-')]];
    }),
  );
