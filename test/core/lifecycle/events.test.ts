import { afterEach, describe, expect } from 'vitest';
import { handleCleanup } from '#core/lifecycle/handle-cleanup.ts';
import { underLoad } from '#test/support/load.ts';
import { isLong } from '#test/support/long.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { emptyTable } from '#test/support/tables.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { type Acts, createActs, template } from './support.ts';

const it = worldTest.override('load', underLoad);

let acts: Acts;
it.beforeAll(async () => {
  acts = createActs(world);
});
afterEach(() => acts.forget());

/** Each message three times, in an order of its own. */
async function workThrice(): Promise<void> {
  while (world.messages.length > 0) {
    const round = world.messages.splice(0);
    const shuffled = [...round, ...round, ...round].sort(() => Math.random() - 0.5);
    for (const message of shuffled) await handleCleanup(world, message);
    // Nine deliveries of the same page would make twenty-seven of the next.
    const once = new Map(world.messages.map((message) => [JSON.stringify(message), message]));
    world.messages.splice(0, world.messages.length, ...once.values());
  }
}

function permutations<T>(of: T[]): T[][] {
  return of.length < 2
    ? [of]
    : of.flatMap((each, index) => permutations(of.toSpliced(index, 1)).map((rest) => [each, ...rest]));
}

describe('a lifecycle event', () => {
  it.each([
    ['app.deleted', { type: 'app.deleted', appId: 'app' }, ['uploaded', 'staged', 'locked', 'template']],
    ['session.deleted', { type: 'session.deleted', sessionId: 'session' }, ['uploaded', 'locked']],
    ['lock.deleted', { type: 'lock.deleted', lockId: 'lock' }, ['uploaded', 'locked']],
    ['lock.archived', { type: 'lock.archived', lockId: 'lock' }, ['uploaded', 'locked']],
    ['template.deleted', { type: 'template.deleted', templateId: 'template' }, ['template']],
  ] as const)(
    '%s takes the files of its scope and no others, however often its messages come',
    async (_type, event, gone) => {
      const files = {
        uploaded: await acts.stored(sessionFile()),
        staged: await acts.stored(stagedFile()),
        locked: await acts.held({ type: 'lock', id: 'lock', sessionId: 'session' }),
        template: await acts.held(template),
        ofAnotherApp: await acts.stored(sessionFile({ appId: 'another', sessionId: 'other', lockId: 'other' })),
      };
      await acts.tell(event);
      await acts.tell(event);
      await workThrice();
      for (const [name, file] of Object.entries(files)) {
        expect([name, await acts.exists(file)]).toEqual([name, !gone.includes(name as never)]);
      }
      const left = Object.entries(files).filter(([name]) => !gone.includes(name as never));
      expect((await world.objectKeys()).sort()).toEqual(left.map(([, { key }]) => key).sort());
      expect((await world.items()).filter(({ sk }) => sk === 'CLEANUP')).toEqual([]);
      const usage = await world.files.usage({ kind: 'app', appId: 'app' });
      expect(usage.fileCount).toBe(left.length - 1);
    },
  );

  it('of a template and its clones ends the same in every order, and nothing goes before the last reference', async () => {
    const events = [
      { type: 'lock.cloned', lockId: 'l1', templateId: 'template' },
      { type: 'lock.cloned', lockId: 'l2', templateId: 'template' },
      { type: 'lock.deleted', lockId: 'l1' },
      { type: 'template.deleted', templateId: 'template' },
    ] as const;
    const orders = permutations([...events]);
    // Every fifth begins with each of them in turn.
    for (const order of isLong ? orders : orders.filter((_, at) => at % 5 === 0)) {
      const file = await acts.held(template);
      // Within the grace of the template: its check comes after all of them.
      for (const event of [...order, ...order]) await acts.tell(event);
      await workThrice();
      expect([order.map(({ type }) => type), await acts.exists(file)]).toEqual([expect.anything(), true]);
      await acts.tell({ type: 'lock.archived', lockId: 'l2' });
      world.calls.length = 0;
      await workThrice();
      expect([order.map(({ type }) => type), await acts.exists(file)]).toEqual([expect.anything(), false]);
      expect(world.calls.filter((call) => call === 'r2 DeleteObject')).toHaveLength(1);
      await emptyTable(world.table);
    }
  });

  it('of the last two clones and the template at the same moment gives their room back once', async () => {
    const file = await acts.held(template);
    await acts.tell({ type: 'lock.cloned', lockId: 'l1', templateId: 'template' });
    await acts.tell({ type: 'lock.cloned', lockId: 'l2', templateId: 'template' });
    await Promise.all([
      acts.tell({ type: 'lock.deleted', lockId: 'l1' }),
      acts.tell({ type: 'lock.archived', lockId: 'l2' }),
      acts.tell({ type: 'template.deleted', templateId: 'template' }),
    ]);
    await Promise.all([world.work(), world.work(), world.work()]);
    expect(await acts.exists(file)).toBe(false);
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('of a lock that is a clone of two templates lets both go', async () => {
    const files = [await acts.held(template), await acts.held({ type: 'template', id: 'second' })];
    for (const templateId of ['template', 'second']) {
      await acts.tell({ type: 'lock.cloned', lockId: 'clone', templateId });
      await acts.tell({ type: 'template.deleted', templateId });
    }
    await world.work();
    expect(await Promise.all(files.map(acts.exists))).toEqual([true, true]);
    await acts.tell({ type: 'lock.deleted', lockId: 'clone' });
    await world.work();
    expect(await Promise.all(files.map(acts.exists))).toEqual([false, false]);
  });
});
