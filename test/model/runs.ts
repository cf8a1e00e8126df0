/**
 * How long the model runs. Without settings as in CI: the same histories every time. `npm run test:model` draws new
 * ones; `MODEL_RUNS` says how many, and `MODEL_SEED` repeats those of a failure.
 */
const { MODEL_RUNS: runs, MODEL_SEED: given, MODEL_SHRINK: shrink } = process.env;

/** Whole histories. */
export const modelRuns = Number(runs ?? 30);

/** Orders of each duel: a dozen calls long, so that few dozens show every order that matters. */
export const duelRuns = runs === undefined ? 3 : Math.ceil(Number(runs) / 10);

const fresh = Date.now() % 2 ** 31;
export const seed = given === undefined ? (runs === undefined ? 20_261_122 : fresh) : Number(given);

/** With `MODEL_SHRINK=1` a failure is made as small as it gets, which takes minutes. */
export const endOnFailure = shrink === undefined;
