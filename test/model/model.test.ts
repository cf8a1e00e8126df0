import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { beginning, rounds } from './commands.ts';
import { live } from './live.ts';
import { type Servers, startServers } from './run.ts';
import { endOnFailure, modelRuns, seed } from './runs.ts';

/** A long run says how many histories it saw, not that it took too long. */
const timeoutMs = Math.max(300_000, modelRuns * 2_000);

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it(
  'whatever is asked, in whatever order, and wherever it is killed, nothing is lost, counted twice or left behind',
  async () => {
    const life = fc.record({
      start: beginning,
      rounds,
      draws: fc.infiniteStream(fc.nat(1000)),
      deliveries: fc.constantFrom(1, 1, 1, 1, 2, 3),
      scheduler: fc.scheduler(),
    });
    const property = fc.asyncProperty(life, (drawn) => live(servers, drawn));
    await fc.assert(property, { numRuns: modelRuns, seed, endOnFailure });
  },
  timeoutMs,
);
