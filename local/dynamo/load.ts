/**
 * What DynamoDB does under load and one quiet process never would. Each is off unless its setting is given; all chance
 * comes from the seed. It decides what is likely, not what happens: requests still arrive in their own order.
 */
import { createHolds, type Holds } from './holds.ts';
import { createPartitions, type Partitions } from './partitions.ts';

export interface LoadOptions {
  /** Of the random numbers; 1 when left out. */
  seed?: number;
  /** How long a transaction holds its items, milliseconds at random between the two. Other writers are refused meanwhile. */
  holdMs?: readonly [shortest: number, longest: number];
  /**
   * Share of items, 0 to 1, that a transaction of somebody else is at whenever a write comes: for callers that come one
   * after the other and so never meet each other.
   */
  heldShare?: number;
  /** Global indexes learn of a write at random up to so many milliseconds after it, in the order of writing. */
  indexLagMs?: number;
  /** Share of the keys of a batch, 0 to 1, that it leaves unprocessed. */
  unprocessedShare?: number;
  /** How a hold waits; in real time when left out. */
  wait?: (ms: number) => Promise<unknown>;
  /** Write units a second of one partition key, of the table and of each index: 1000 in the service. */
  partitionWriteUnits?: number;
}

export interface Load {
  holds: Holds;
  partitions: Partitions;
  /** How long the next write stays unseen by indexes; undefined when they never lag. */
  indexLagMs: (() => number) | undefined;
  /** Whether a batch leaves the next key out. */
  leavesOut(): boolean;
}

/** A small generator with a seed (mulberry32): numbers from 0 to 1, the same ones in the same order every time. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function createLoad(options: LoadOptions = {}): Load {
  const { seed = 1, holdMs, heldShare = 0, indexLagMs, unprocessedShare = 0, partitionWriteUnits, wait } = options;
  const random = seeded(seed);
  const chance = (share: number) => share > 0 && random() < share;
  const between = (least: number, most: number) => least + random() * (most - least);
  return {
    holds: createHolds(holdMs && (() => between(...holdMs)), () => chance(heldShare), wait),
    partitions: createPartitions(partitionWriteUnits),
    indexLagMs: indexLagMs === undefined ? undefined : () => between(0, indexLagMs),
    leavesOut: () => chance(unprocessedShare),
  };
}

/** Names of the environment variables, each with the setting it gives. */
export const loadVariables = {
  STOWAGE_LOCAL_DYNAMO_SEED: 'seed',
  STOWAGE_LOCAL_DYNAMO_HOLD_MS: 'holdMs',
  STOWAGE_LOCAL_DYNAMO_HELD_SHARE: 'heldShare',
  STOWAGE_LOCAL_DYNAMO_INDEX_LAG_MS: 'indexLagMs',
  STOWAGE_LOCAL_DYNAMO_UNPROCESSED_SHARE: 'unprocessedShare',
  STOWAGE_LOCAL_DYNAMO_PARTITION_WRITE_UNITS: 'partitionWriteUnits',
} as const satisfies Record<string, keyof LoadOptions>;

/** The settings the environment gives; a hold is one number of milliseconds or two, `5-20`. Throws for what is no number. */
export function loadFromEnv(env: Record<string, string | undefined>): LoadOptions {
  const options: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(loadVariables)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    const numbers = text.split('-').map(Number);
    const [first = Number.NaN, second = first] = numbers;
    const least = option === 'holdMs' ? 2 : 1;
    if (numbers.length > least || !(first >= 0) || !(second >= first)) {
      throw new Error(`${name} is "${text}": it must be a number, or for a hold two, as in 5-20`);
    }
    options[option] = option === 'holdMs' ? [first, second] : first;
  }
  return options;
}
