import { afterEach, describe, expect } from 'vitest';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { countersOf, type ExtensionFile } from '#core/files/record.ts';
import { underLoad } from '#test/support/load.ts';
import { stagedFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);
const staged = { kind: 'staged', appId: 'app', userId: 'user' } as const;

afterEach(() => world.reset());

async function stage(draftId: string): Promise<ExtensionFile> {
  const file = stagedFile({ sizeBytes: 100, draftId });
  const limits = countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 }));
  await world.files.reserve(file, limits);
  return (await world.files.markReady(file, new Date())) ?? file;
}

async function stageMany(count: number, draftId = 'draft'): Promise<ExtensionFile[]> {
  const files: ExtensionFile[] = [];
  for (let index = 0; index < count; index += 1) files.push(await stage(draftId));
  return files;
}

const claim = () =>
  claimFiles(
    world,
    { appId: 'app', userId: 'user', target: { type: 'lock', id: 'lock' }, config: { storageDraftId: 'draft' } },
    async () => ({ ...defaultSettings, enabled: true }),
  );

const ids = (files: { id: string }[]) => files.map(({ id }) => id).sort();

describe('a claim whose draft holds files that are not used', () => {
  it('releases them in groups of thirty, one transaction and one message each, and says which', async () => {
    const files = await stageMany(65);
    world.calls.length = 0;
    expect((await claim()).deleted).toEqual(ids(files));
    // One that binds, three groups; conflicts are tried again.
    const transactions = world.calls.filter((call) => call.endsWith('TransactWriteItems')).length;
    expect(transactions).toBeGreaterThanOrEqual(4);
    expect(transactions).toBeLessThan(30);
    expect(world.messages.map(({ type }) => type)).toEqual(['files.delete', 'files.delete', 'files.delete']);
    expect(await world.files.usage(staged)).toEqual({ usedBytes: 0, fileCount: 0 });
    await world.work();
    expect(await Promise.all(files.map(({ id }) => world.files.get(id)))).toEqual(files.map(() => undefined));
  });

  it('goes on with the others of a group when one of them is deleted meanwhile', async () => {
    const files = await stageMany(5);
    const [gone] = files;
    const { listStaged } = world.files;
    const meanwhile = {
      ...world.files,
      async listStaged(...given: Parameters<typeof listStaged>) {
        const found = await listStaged(...given);
        if (gone !== undefined) await world.files.release(gone, new Date());
        return found;
      },
    };
    const request = {
      appId: 'app',
      userId: 'user',
      target: { type: 'lock' as const, id: 'lock' },
      config: { storageDraftId: 'draft' },
    };
    const answer = await claimFiles({ ...world, files: meanwhile }, request, async () => defaultSettings);
    expect(answer.deleted).toEqual(ids(files.slice(1)));
    expect(await world.files.usage(staged)).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('answers once, truly, when others stay in the way: what is left goes by a message', async () => {
    const [files, others] = [await stageMany(40), await stageMany(2, 'another')];
    let groups = 0;
    const { discard } = world.claims;
    const busy = {
      ...world.claims,
      async discard(...given: Parameters<typeof discard>) {
        groups += 1;
        if (groups === 2) throw new Error('Many writes touch the same item right now.');
        return await discard(...given);
      },
    };
    const request = {
      appId: 'app',
      userId: 'user',
      target: { type: 'lock' as const, id: 'lock' },
      config: { storageDraftId: 'draft' },
    };
    const answer = await claimFiles({ ...world, claims: busy }, request, async () => defaultSettings);
    expect(answer.deleted).toHaveLength(30);
    expect((await claim()).deleted).toEqual(answer.deleted);
    await world.work();
    expect(ids(await world.files.listStaged('app', 'user'))).toEqual(ids(others));
    expect(await Promise.all(files.map(({ id }) => world.files.get(id)))).toEqual(files.map(() => undefined));
    expect((await claim()).deleted, 'the same claim is answered the same').toEqual(answer.deleted);
  });
});
