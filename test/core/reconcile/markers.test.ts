import { beforeEach, describe, expect } from 'vitest';
import { markerPrefix } from '#core/files/ids.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { reconciler } from './support.ts';

const it = worldTest;

beforeEach(() => world.reset());

const markers = async () => (await world.allKeys()).filter((key) => key.startsWith(markerPrefix));

describe('the mark of a bucket', () => {
  it('of a run right before is kept, as R2 takes one write of a key a second, and goes with the next', async () => {
    const run = reconciler(world);
    await run();
    const [first = ''] = await markers();
    world.calls.length = 0;
    await run();
    expect(world.calls).not.toContain('r2 DeleteObject');
    expect(await markers()).toEqual([first, expect.stringContaining('/000000000002/')]);
    world.time.offsetMs += 3000;
    await run();
    expect(await markers()).toEqual([expect.stringContaining('/000000000003/')]);
  });
});
