/** Runs checks in their order: each passes, fails, or is skipped with a reason. */
import { isDeepStrictEqual } from 'node:util';
import type { Kind } from './proofs.ts';
import { Mismatch, Skip } from './stage.ts';
import type { World } from './world.ts';

export type Group = 'tokens' | 'extensions' | 'direct' | 'uploads' | 'organizations' | 'end';

export interface Check {
  /** `<group>.<name>`; `--only` takes either. */
  name: `${Group}.${string}`;
  /** What holds when it passes. */
  title: string;
  needs: readonly (Kind | 'sign')[];
  /** Checks that make what this one uses. */
  after?: readonly string[];
  run(world: World): Promise<void>;
}

export interface Outcome {
  name: string;
  title: string;
  result: 'passed' | 'failed' | 'skipped';
  reason?: string;
  ms: number;
}

/** The checks that are asked for by name or group, with those they rest on, in their order. */
export function chosen(checks: readonly Check[], only: readonly string[]): Check[] {
  if (only.length === 0) return [...checks];
  const wanted = new Set(checks.filter(({ name }) => only.some((word) => matches(name, word))).map(({ name }) => name));
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    for (const { name, after = [] } of checks)
      if (wanted.has(name)) for (const each of after) wanted.add(each as never);
  }
  return checks.filter(({ name }) => wanted.has(name));
}

export const matches = (name: string, word: string): boolean => name === word || name.startsWith(`${word}.`);

const lacking: Record<Kind | 'sign', string> = {
  user: '--issuer-key or --user-token',
  session: '--issuer-key',
  platform: '--issuer-key or --platform-token',
  admin: '--issuer-key or --admin-token',
  sign: '--issuer-key',
};

/** Runs them one after the other; `tell` hears of each. Rejects only where `signal` ended it. */
export async function runChecks(
  checks: readonly Check[],
  world: World,
  { tell, signal }: { tell: (outcome: Outcome) => void; signal: AbortSignal },
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  for (const check of checks) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const verdict = await judge(check, world, outcomes);
    signal.throwIfAborted();
    const outcome = { name: check.name, title: check.title, ...verdict, ms: Math.round(performance.now() - startedAt) };
    outcomes.set(check.name, outcome);
    tell(outcome);
  }
  return [...outcomes.values()];
}

async function judge(
  check: Check,
  world: World,
  before: Map<string, Outcome>,
): Promise<Pick<Outcome, 'result' | 'reason'>> {
  const missing = check.needs.find((kind) => !world.proofs.can(kind));
  if (missing !== undefined) return { result: 'skipped', reason: `takes ${lacking[missing]}` };
  const broken = check.after?.find((name) => before.get(name)?.result !== 'passed');
  if (broken !== undefined) return { result: 'skipped', reason: `rests on ${broken}, which did not pass` };
  try {
    await check.run(world);
    return { result: 'passed' };
  } catch (error) {
    if (error instanceof Skip) return { result: 'skipped', reason: error.message };
    if (error instanceof Mismatch) return { result: 'failed', reason: error.message };
    // An answer without what it is read for.
    return {
      result: 'failed',
      reason: `${error instanceof Error ? error.message : error} (an answer of another form?)`,
    };
  }
}

/** Both as JSON has them. */
export const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
