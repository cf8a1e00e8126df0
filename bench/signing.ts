import type { Asked } from './sides/signing.ts';
import { median, report, side } from './support/sides.ts';

/**
 * What a page of 50 signed links costs, as a ratio to SigV4 written by hand for this one kind of URL with the day's key
 * kept. A process of its own for each side; the sides take turns.
 */
const [turns, rounds] = [3, 300];

const taken: Record<Asked['side'], number[]> = { bare: [], fresh: [], stable: [] };
for (let turn = 0; turn < turns; turn += 1) {
  for (const name of ['bare', 'fresh', 'stable'] as const) {
    taken[name].push(...(await side<number[]>('signing.ts', { side: name, rounds } satisfies Asked)));
  }
}
report(
  'signing',
  Object.fromEntries(
    (['bare', 'fresh', 'stable'] as const).map((name) => [
      name,
      { 'ms for 50': median(taken[name]) / 1000, 'of bare': median(taken[name]) / median(taken.bare) },
    ]),
  ),
);
