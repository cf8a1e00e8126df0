import { afterEach, describe, expect } from 'vitest';
import { type ClaimRequest, claimFiles } from '#core/extensions/claims/claim.ts';
import { boundTo } from '#core/extensions/claims/claim-record.ts';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import { type AppSettings, defaultSettings } from '#core/extensions/settings.ts';
import { countersOf, type ExtensionFile } from '#core/files/record.ts';
import { underLoad } from '#test/support/load.ts';
import { pendingFile, sessionFile, stagedFile } from '#test/support/records.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);

const settings: AppSettings = { ...defaultSettings, enabled: true };
const session = { kind: 'session', appId: 'app', sessionId: 'session' } as const;

afterEach(async () => {
  await world.reset();
});

async function ready(file: ExtensionFile): Promise<ExtensionFile> {
  await world.files.reserve(
    file,
    countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 })),
  );
  const stored = await world.files.markReady(file, new Date());
  if (stored === undefined) throw new Error('not ready');
  return stored;
}

const stage = (given: Partial<ExtensionFile> = {}) => ready(stagedFile({ sizeBytes: 100, ...given }));
const reference = (fileId: string) => ({ provider: 'chastify_storage', fileId });
const configOf = (files: { id: string }[], storageDraftId?: string) => ({
  ...(storageDraftId !== undefined && { storageDraftId }),
  images: files.map(({ id }) => reference(id)),
});

const claim = (config: unknown, more: Partial<ClaimRequest> = {}, given: AppSettings = settings) =>
  claimFiles(
    world,
    { appId: 'app', userId: 'user', target: { type: 'lock', id: 'lock' }, config, ...more },
    async () => given,
  );

describe('a claim', () => {
  it('takes what is asked of DynamoDB and no more', async () => {
    const [used, left] = [await stage({ draftId: 'draft' }), await stage({ draftId: 'draft' })];
    world.calls.length = 0;
    await claim(configOf([used], 'draft'));
    const [read, bind, rest] = [
      // The claim, its files, and what its lock's last claim is.
      ['GetItem', 'BatchGetItem', 'GetItem'],
      ['TransactWriteItems'],
      ['Query', 'TransactWriteItems', 'UpdateItem'],
    ];
    expect(world.calls).toEqual([...read, ...bind, ...rest].map((operation) => `dynamo ${operation}`));
    expect(world.messages).toEqual([{ type: 'file.delete', fileId: left.id }]);
    world.calls.length = 0;
    await claim(configOf([await stage()]));
    expect(world.calls.slice(-4)).toEqual([...read, ...bind].map((operation) => `dynamo ${operation}`));
  });

  it('lists every failing file with its reason, and says of what holds one no more than its kind', async () => {
    const [mine, expired, held, template, uploaded, foreign] = await Promise.all([
      stage(),
      stage({ expiresAt: Date.now() + 1000, dueAt: Date.now() + 1000 }),
      stage(),
      stage(),
      ready(sessionFile({ lockId: 'secret-lock' })),
      stage({ userId: 'another' }),
    ]);
    await claim(configOf([held]), { target: { type: 'lock', id: 'secret-lock' } });
    await claim(configOf([template]), { target: { type: 'template', id: 'secret-template' } });
    world.time.offsetMs = 2000;
    const missing = { id: 'f'.repeat(24) };
    const error = await refusalOf(
      claim(configOf([mine, expired, held, template, uploaded, foreign, missing, { id: '../x' }])),
    );
    expect(error).toMatchObject({ code: 'staged_file_expired' });
    expect(error.details).toEqual({
      files: [
        { fileId: expired.id, code: 'staged_file_expired' },
        { fileId: held.id, code: 'file_already_claimed', heldBy: 'lock' },
        { fileId: template.id, code: 'file_already_claimed', heldBy: 'template' },
        { fileId: uploaded.id, code: 'file_already_claimed', heldBy: 'session' },
        { fileId: foreign.id, code: 'file_not_found' },
        { fileId: missing.id, code: 'file_not_found' },
        { fileId: '../x', code: 'file_not_found' },
      ],
    });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(await world.files.get(mine.id)).toEqual(mine);
  });

  it('of a template counts for no session, and outlives the one that was named', async () => {
    const file = await stage();
    await claim(configOf([file]), { target: { type: 'template', id: 'template', sessionId: 'session' } });
    expect(await world.files.get(file.id)).toMatchObject({ templateId: 'template' });
    expect(await world.files.get(file.id)).not.toHaveProperty('sessionId');
    expect(await world.files.usage(session)).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('is refused when it is more than the whole limit of a session that counted nothing yet', async () => {
    const file = await stage();
    const target = { type: 'lock', id: 'lock', sessionId: 'session' } as const;
    const tight = { ...settings, maxBytesPerSession: 99 };
    const error = await refusalOf(claim(configOf([file]), { target }, tight));
    expect(error.code).toBe('extension_session_storage_quota_exceeded');
    expect(error.details).toMatchObject({ limitBytes: 99, usedBytes: 0, requestedBytes: 100 });
    expect(await world.files.get(file.id)).toEqual(file);
  });

  it('is not refused for the room that an upload nobody finished takes of the session', async () => {
    const file = await stage();
    const dead = pendingFile({ sessionId: 'session', lockId: 'lock', sizeBytes: 100, dueAt: Date.now() + 60_000 });
    await world.files.reserve(dead, [
      { counter: session, limitBytes: 100 },
      { counter: { kind: 'app', appId: 'app' }, limitBytes: 1000 },
    ]);
    const target = { type: 'lock', id: 'lock', sessionId: 'session' } as const;
    const tight = { ...settings, maxBytesPerSession: 100 };
    expect((await refusalOf(claim(configOf([file]), { target }, tight))).details).toMatchObject({ usedBytes: 100 });
    world.time.offsetMs = 61_000;
    expect((await claim(configOf([file]), { target }, tight)).claimed).toEqual([file.id]);
    expect(await world.files.usage(session)).toEqual({ usedBytes: 100, fileCount: 1 });
  });

  it('made again by another save with other words around the same files is the same claim', async () => {
    const files = [await stage({ draftId: 'draft' }), await stage({ draftId: 'draft' })];
    const left = await stage({ draftId: 'draft' });
    const first = await claim(configOf(files, 'draft'));
    expect(first.deleted).toEqual([left.id]);
    await stage({ draftId: 'draft' });
    const again = await claim({ title: 'new', ...configOf([...files].reverse(), 'draft') });
    expect(again).toMatchObject({ claimId: first.claimId, deleted: [left.id] });
  });

  it('killed while it cleaned its draft is finished by the next, which tells all that went', async () => {
    const used = await stage({ draftId: 'draft' });
    const left = await Promise.all([1, 2, 3].map(() => stage({ draftId: 'draft' })));
    const killed = {
      ...world.claims,
      discard: async (claimId: string, [first]: ExtensionFile[], now: Date) =>
        first !== undefined &&
        (await world.claims.discard(claimId, [first], now, 'noted')) &&
        Promise.reject(new Error()),
      finish: () => Promise.reject(new Error('killed')),
    };
    const request = { appId: 'app', userId: 'user', target: { type: 'lock' as const, id: 'lock' } };
    const config = configOf([used], 'draft');
    const asked = claimFiles({ ...world, claims: killed }, { ...request, config }, async () => settings);
    await expect(asked).rejects.toThrow('killed');
    const states = await Promise.all(left.map(async ({ id }) => (await world.files.get(id))?.state));
    expect(states.filter((state) => state === 'deleting')).toHaveLength(1);
    const answer = await claim(configOf([used], 'draft'));
    expect(answer.deleted).toEqual(left.map(({ id }) => id).sort());
    expect(await claim(configOf([used], 'draft'))).toEqual(answer);
  });

  it('made twice at the same moment is answered the same twice', async () => {
    const used = await stage({ draftId: 'draft' });
    const left = await Promise.all([1, 2, 3, 4].map(() => stage({ draftId: 'draft' })));
    const answers = await Promise.all(Array.from({ length: 6 }, () => claim(configOf([used], 'draft'))));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.deleted).toEqual(left.map(({ id }) => id).sort());
  });
});

describe('taking a claim back', () => {
  it('stages its files again for what was left of their time, an hour at least', async () => {
    const [long, short] = [await stage(), await stage({ expiresAt: Date.now() + 60_000 })];
    const { claimId } = await claim(configOf([long, short]));
    await rollBackClaim(world, claimId);
    expect(await world.files.get(long.id)).toMatchObject({ staged: true, expiresAt: long.expiresAt });
    const restored = await world.files.get(short.id);
    expect(restored?.expiresAt).toBeGreaterThanOrEqual(Date.now() + 3_590_000);
    expect(restored?.dueAt).toBe(restored?.expiresAt);
  });

  it('leaves what a later save of the same lock claims too, until that is taken back as well', async () => {
    const [kept, dropped] = [await stage(), await stage()];
    const first = await claim(configOf([kept, dropped]));
    const second = await claim(configOf([kept]));
    await rollBackClaim(world, first.claimId);
    expect(await world.files.get(kept.id)).toMatchObject({ staged: false, lockId: 'lock', claimIds: [second.claimId] });
    expect(await world.files.get(dropped.id)).toMatchObject({ staged: true });
    await rollBackClaim(world, second.claimId);
    expect(await world.files.get(kept.id)).toMatchObject({ staged: true });
    expect(await world.files.get(kept.id)).not.toHaveProperty('claimIds');
  });

  it('leaves a file that was uploaded into the lock, and never staged', async () => {
    const file = await ready(sessionFile());
    const { claimId } = await claim(configOf([file]));
    await rollBackClaim(world, claimId);
    expect(await world.files.get(file.id)).toEqual(file);
  });

  it('does nothing the second time, and knows no claim that never was', async () => {
    const { claimId } = await claim(configOf([await stage()]));
    await rollBackClaim(world, claimId);
    const items = await world.items();
    await rollBackClaim(world, claimId);
    expect(await world.items()).toEqual(items);
    for (const id of ['a'.repeat(24), 'no id']) {
      expect((await refusalOf(rollBackClaim(world, id))).code).toBe('not_found');
    }
  });
});

it('a file remembers a bounded number of claims', () => {
  let file: ExtensionFile | undefined = stagedFile();
  for (let index = 0; index < 100; index += 1) {
    file = file && boundTo(file, { type: 'lock', id: 'lock' }, `claim-${index}`, new Date());
  }
  expect(file?.claimIds).toHaveLength(20);
  expect(file?.claimIds?.at(-1)).toBe('claim-99');
});
