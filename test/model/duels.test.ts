import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { crash } from './commands.ts';
import type { Command, EventBody, Target } from './domain.ts';
import { live } from './live.ts';
import { type Servers, startServers } from './run.ts';
import { duelRuns, endOnFailure, seed } from './runs.ts';
import type { CrashPlan } from './turns.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const minute = 60_000;
const stage = (size: number, draftId?: string): Command => ({ kind: 'stage', user: 'ann', draftId, size });
const upload: Command = { kind: 'upload', sessionId: 's1', user: 'ann', size: 100 };
const claim = (target: Target, picks: number[], draftId?: string): Command => ({
  kind: 'claim',
  user: 'ann',
  target,
  draftId,
  picks,
  replace: false,
});
const replacing = (target: Target, picks: number[]): Command => ({
  kind: 'claim',
  user: 'ann',
  target,
  draftId: undefined,
  picks,
  replace: true,
});
const lock = (id: string, sessionId?: string): Target => ({ type: 'lock', id, sessionId });
const template: Target = { type: 'template', id: 't1' };
const tell = (event: EventBody, direct = true): Command => ({ kind: 'event', event, direct });
const work: Command = { kind: 'work', pick: 0, keep: false };
const rollBack: Command = { kind: 'rollBack', pick: 0 };
const discard: Command = { kind: 'delete', pick: 0 };
const cloned = (lockId: string) => tell({ type: 'lock.cloned', lockId, templateId: 't1' });
const archived = (lockId: string) => tell({ type: 'lock.archived', lockId });
const templateDeleted = tell({ type: 'template.deleted', templateId: 't1' });
const appDeleted = tell({ type: 'app.deleted', appId: 'app' });

interface Duel {
  title: string;
  start: Command[];
  waitMs?: number;
  at: Command[];
  /** Orders that matter are rare in it: so many times as many are drawn. */
  times?: number;
  /** Kills the first there for certain; the others are killed or not as drawn. */
  crash?: CrashPlan;
}

/** Every duel ends the same way whoever is first, and whoever is killed on the way: that is what the model judges. */
const duels: Duel[] = [
  { title: 'two claims for one file', start: [stage(100)], at: [claim(lock('l1'), [0]), claim(template, [0])] },
  {
    title: 'the same claim twice',
    start: [stage(100, 'd1'), stage(150, 'd1')],
    at: [claim(lock('l1'), [0], 'd1'), claim(lock('l1'), [0], 'd1')],
  },
  {
    title: 'two configs that replace what was saved',
    start: [stage(100), stage(150), stage(200), claim(lock('l1'), [0, 1])],
    at: [replacing(lock('l1'), [0, 2]), replacing(lock('l1'), [1])],
  },
  {
    title: 'a config that replaces another and the roll back of that',
    start: [stage(100), stage(150), claim(lock('l1'), [0, 1])],
    at: [replacing(lock('l1'), [0]), rollBack],
  },
  {
    title: 'a claim that names the session late and the end of that session',
    start: [stage(100), claim(lock('l1'), [0])],
    at: [claim(lock('l1', 's1'), [0]), tell({ type: 'session.deleted', sessionId: 's1' })],
  },
  { title: 'a claim and a deletion', start: [stage(100), stage(150)], at: [claim(lock('l1'), [0, 1]), discard] },
  {
    title: 'a claim and the clean-up of its draft by another',
    start: [stage(100, 'd1'), stage(150, 'd1')],
    at: [claim(lock('l1'), [0], 'd1'), claim(lock('l2'), [1], 'd1')],
  },
  {
    title: 'a claim and expiry',
    start: [stage(100), stage(150)],
    waitMs: 120 * minute - 60,
    at: [claim(lock('l1'), [0, 1]), { kind: 'expire' }, { kind: 'schedule' }],
  },
  {
    title: 'a claim and its roll back',
    start: [stage(100, 'd1'), stage(150, 'd1'), claim(lock('l1'), [0], 'd1')],
    at: [rollBack, claim(lock('l1'), [0], 'd1')],
  },
  {
    title: 'two saves of one config, the first taken back',
    start: [stage(100), stage(150), claim(lock('l1'), [0, 1])],
    at: [claim(lock('l1'), [0]), rollBack],
  },
  {
    title: 'a claim and the end of its lock',
    start: [stage(100), stage(150)],
    at: [claim(lock('l1'), [0, 1]), archived('l1'), work],
  },
  {
    title: 'a roll back and the end of its lock',
    start: [stage(100), claim(lock('l1'), [0])],
    at: [rollBack, archived('l1'), work],
  },
  {
    title: 'a claim that fills a session and an upload',
    start: [stage(200), stage(150)],
    at: [claim(lock('l1', 's1'), [0, 1]), upload],
  },
  {
    title: 'an upload and the end of its session',
    start: [],
    at: [upload, tell({ type: 'session.deleted', sessionId: 's1' }), work],
  },
  {
    title: 'an upload killed once its bytes have arrived, and the end of its session',
    start: [],
    at: [upload, tell({ type: 'session.deleted', sessionId: 's1' }), work],
    crash: { call: 1, when: 'after' },
    times: 4,
  },
  {
    title: 'claims and roll backs and the end of the app',
    start: [stage(100), claim(lock('l1'), [0])],
    at: [appDeleted, work, rollBack, claim(lock('l2'), [0])],
  },
  {
    title: 'the last two clones and the template, all ending',
    start: [stage(100), claim(template, [0]), cloned('l1'), cloned('l2')],
    at: [archived('l1'), archived('l2'), templateDeleted],
  },
  {
    title: 'the end of a template and a clone of it',
    start: [stage(100), claim(template, [0])],
    at: [templateDeleted, cloned('l1'), work],
  },
  {
    title: 'the end of a template that a clone still needs',
    start: [stage(100), claim(template, [0]), cloned('l1'), cloned('l2')],
    at: [templateDeleted, archived('l2'), work],
  },
  {
    title: 'a roll back when the time of its file is nearly over',
    start: [stage(100), claim(lock('l1'), [0])],
    waitMs: 110 * minute,
    at: [rollBack, stage(100)],
  },
  {
    title: 'two ways to complete one direct upload, and giving it up',
    start: [
      { kind: 'presign', sessionId: undefined, user: 'ann', size: 100 },
      { kind: 'put', pick: 0, storedSize: 150 },
    ],
    at: [{ kind: 'complete', pick: 0 }, { kind: 'complete', pick: 0 }, discard],
  },
  {
    title: 'two uploads for the room of what has expired',
    start: [stage(300), stage(300)],
    waitMs: 130 * minute,
    at: [stage(300), stage(300)],
  },
];

describe('whoever is first, and whoever is killed on the way, it ends well:', () => {
  const titled = duels.map((duel) => [duel.title, duel] as const);
  const timeout = Math.max(300_000, duelRuns * 10_000);

  it.each(titled)('%s', { timeout }, async (_title, { start, waitMs = 0, at, crash: certain, times = 1 }) => {
    const life = fc.record({
      crashes: fc.tuple(...at.map(() => crash)),
      draws: fc.infiniteStream(fc.nat(1000)),
      deliveries: fc.constantFrom(1, 1, 3),
      scheduler: fc.scheduler(),
    });
    const property = fc.asyncProperty(life, async ({ crashes: [first, ...others], ...drawn }) => {
      const crashes = [certain ?? first, ...others];
      const asked = at.map((command, index) => ({ command, crash: crashes[index] }));
      await live(servers, { ...drawn, start, rounds: [{ waitMs, asked }] });
    });
    await fc.assert(property, { numRuns: duelRuns * times, seed, endOnFailure });
  });
});
