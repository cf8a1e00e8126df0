import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { crash } from './commands.ts';
import { drain } from './drain.ts';
import { createClients, type PartCommand, partCommand } from './parts-world.ts';
import { openRun, type Servers, startServers } from './run.ts';
import { endOnFailure, modelRuns, seed } from './runs.ts';
import { type CrashPlan, createTurns, straight } from './turns.ts';

const hour = 3_600_000;
/** A history of these is half as long to live through. */
const runs = Math.ceil(modelRuns / 2);

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const put: PartCommand = { kind: 'put', pick: 0, part: 0, fill: 1 };

interface Round {
  waitMs: number;
  asked: { command: PartCommand; crash: CrashPlan | undefined }[];
}

const asked = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.record({ command: partCommand, crash }), { minLength: 1, maxLength: 3 }) },
  // The same thing asked twice at the same moment.
  {
    weight: 1,
    arbitrary: fc
      .tuple(partCommand, crash, crash)
      .map(([command, ...crashes]) => crashes.map((each) => ({ command, crash: each }))),
  },
);
const round: fc.Arbitrary<Round> = fc.record({
  waitMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(hour, 3 * hour, 25 * hour, 160 * hour) },
  ),
  asked,
});

it(
  'uploads in parts lose, swap and leave nothing, in whatever order they are asked for and wherever they are killed',
  async () => {
    const life = fc.record({
      first: crash,
      rounds: fc.array(round, { minLength: 3, maxLength: 9 }),
      draws: fc.infiniteStream(fc.nat(1000)),
      scheduler: fc.scheduler(),
    });
    const property = fc.asyncProperty(life, async ({ rounds, first, draws, scheduler }) => {
      const run = await openRun(servers);
      try {
        const draw = (among: number) => (draws.next().value ?? 0) % Math.max(1, among);
        const turns = createTurns(scheduler, draw);
        const clients = createClients(run);
        const begin: PartCommand = { kind: 'presign', key: 0, sizeBytes: 10 };
        // Its steps are few, and being cut off between them is what there is to survive.
        await turns.finish([turns.start('begin', first, (step) => clients.perform(run.ports(step), step, begin))]);
        await clients.perform(run.ports(straight), straight, begin);
        if (first !== undefined) await clients.perform(run.ports(straight), straight, put);
        for (const { waitMs, asked } of rounds) {
          run.time.now += waitMs;
          if (asked.some(({ command }) => command.kind === 'expire')) await run.sweepTtl();
          await turns.finish(
            asked.map(({ command, crash: plan }, index) =>
              turns.start(`${index + 1} ${command.kind}`, plan, (step) =>
                clients.perform(run.ports(step), step, command),
              ),
            ),
          );
          fail(await clients.broken(false), asked);
        }
        // Longer than any upload is open.
        run.time.now += 25 * hour;
        await drain(run, run.ports(straight), { draw, deliveries: 1 }, true);
        fail(await clients.broken(true), 'at rest');
      } finally {
        await run.close();
      }
    });
    await fc.assert(property, { numRuns: runs, seed, endOnFailure });
  },
  Math.max(300_000, runs * 4_000),
);

function fail(faults: string[], after: unknown): void {
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\nafter ${JSON.stringify(after, undefined, 1)}`);
}
