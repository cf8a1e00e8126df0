import type { Asked } from './sides/signing.ts';
import { median, ratio, report, takeTurns } from './support/sides.ts';

/**
 * What a page of 50 signed links costs, as a ratio to SigV4 written by hand for this one kind of URL with the day's key
 * kept: links that are signed, and stable ones that were signed before. A process of its own for each side.
 */
const standing = (side: Asked['side']) => ({ program: 'signing.ts', args: { side } satisfies Asked });
const sides = { bare: standing('bare'), fresh: standing('fresh'), stable: standing('stable') };
const taken = await takeTurns<Asked['side'], number>(sides, { before: 100, rounds: 1_000 });
const row = (name: Asked['side']) => ({ 'ms for 50': median(taken[name]), 'of bare': ratio(taken[name], taken.bare) });
report('signing', { bare: row('bare'), fresh: row('fresh'), stable: row('stable') });
