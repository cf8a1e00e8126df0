import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClaimStore } from '#adapters/dynamo/claim-store.ts';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { ticketKey } from '#adapters/dynamo/keys.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { boundTo, type ClaimRecord, type Move, withoutClaim } from '#core/extensions/claims/claim-record.ts';
import type { ClaimStore } from '#core/extensions/claims/claim-store.ts';
import { countersOf, type ExtensionFile } from '#core/files/record.ts';
import type { CounterLimit, FileStore } from '#core/files/store.ts';
import type { LifecycleStore } from '#core/lifecycle/events.ts';
import { stagedFile } from '#test/support/records.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const app = { kind: 'app', appId: 'app' } as const;
const session = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
const staged = { kind: 'staged', appId: 'app', userId: 'user' } as const;
const lock = { type: 'lock', id: 'lock', sessionId: 'session' } as const;
const sessionOf = (limitBytes: number): CounterLimit[] => [{ counter: session, limitBytes }];
const roomy = sessionOf(1_000_000);

const claimOf = (files: ExtensionFile[], given: Partial<ClaimRecord> = {}): ClaimRecord => ({
  id: 'c'.repeat(24),
  appId: 'app',
  userId: 'user',
  target: lock,
  fileIds: files.map(({ id }) => id),
  deletedIds: [],
  state: 'claimed',
  createdAt: new Date().toISOString(),
  ...given,
});

const movesTo = (claim: ClaimRecord, files: ExtensionFile[]): Move[] =>
  files.flatMap((from) => {
    const to = boundTo(from, claim.target, claim.id, new Date());
    return to === undefined ? [] : [{ from, to }];
  });

const movesBack = (claim: ClaimRecord, files: ExtensionFile[]): Move[] =>
  files.map((from) => ({ from, to: withoutClaim(from, claim.id, new Date()) }));

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the claim store on ${dynamoDb.name}`, () => {
    let table: Table;
    let claims: ClaimStore;
    let files: FileStore;
    let lifecycle: LifecycleStore;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      claims = createClaimStore(table);
      files = createFileStore(table);
      lifecycle = createLifecycleStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const ready = async (given: Partial<ExtensionFile> = {}): Promise<ExtensionFile> => {
      const file = stagedFile({ sizeBytes: 100, ...given });
      await files.reserve(
        file,
        countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 })),
      );
      const stored = await files.markReady(file, new Date());
      if (stored === undefined) throw new Error('not ready');
      return stored;
    };
    /** One after the other where they are many: a slow machine's DynamoDB would time out on all of them at once. */
    const several = async (count: number) => {
      const stored: ExtensionFile[] = [];
      while (stored.length < count) {
        const group = Array.from({ length: Math.min(10, count - stored.length) }, () => ready());
        stored.push(...(await Promise.all(group)));
      }
      return stored;
    };
    const bind = (claim: ClaimRecord, moves: Move[], limits = roomy) =>
      claims.bind({ claim, moves, limits, released: [] }, new Date());
    const bound = async (count: number, given: Partial<ClaimRecord> = {}) => {
      const before = await several(count);
      const claim = claimOf(before, given);
      expect(await bind(claim, movesTo(claim, before))).toEqual({ outcome: 'bound' });
      return { claim, held: await claims.getFiles(claim.fileIds) };
    };
    const usage = async () => ({
      app: await files.usage(app),
      session: await files.usage(session),
      staged: await files.usage(staged),
    });

    it('moves files, counters and the claim in one step', async () => {
      const { claim, held } = await bound(3);
      expect(await claims.get(claim.id)).toMatchObject(claim);
      for (const file of held) {
        expect(file).toMatchObject({
          staged: false,
          lockId: 'lock',
          sessionId: 'session',
          claimIds: [claim.id],
          rev: 3,
        });
        expect(file).not.toHaveProperty('expiresAt');
        expect(file).not.toHaveProperty('dueAt');
      }
      const all = { usedBytes: 300, fileCount: 3 };
      expect(await usage()).toEqual({ app: all, session: all, staged: { usedBytes: 0, fileCount: 0 } });
      const page = await files.listByScope({ kind: 'lock', lockId: 'lock' }, { limit: 10 });
      expect(page.items.map(({ id }) => id).sort()).toEqual([...claim.fileIds].sort());
      expect(await files.listStaged('app', 'user')).toEqual([]);
    });

    it('takes ninety files at once, and gives them back', async () => {
      const { claim, held } = await bound(90);
      expect(await claims.unbind(claim, movesBack(claim, held))).toBe(true);
      expect((await usage()).staged).toEqual({ usedBytes: 9000, fileCount: 90 });
      expect((await usage()).session).toEqual({ usedBytes: 0, fileCount: 0 });
    });

    it('moves nothing when one of the files has moved', async () => {
      const before = await several(3);
      const claim = claimOf(before);
      const moves = movesTo(claim, before);
      if (before[1]) await files.release(before[1], new Date());
      const table0 = await allItems(table);
      expect(await bind(claim, moves)).toEqual({ outcome: 'moved' });
      expect(await allItems(table)).toEqual(table0);
    });

    it('moves nothing past the limit of the session, one that counted nothing yet included', async () => {
      const before = await several(3);
      const claim = claimOf(before);
      const moves = movesTo(claim, before);
      const refused = { outcome: 'over_limit', counter: session, limitBytes: 299, usedBytes: 0 };
      expect(await bind(claim, moves, sessionOf(299))).toMatchObject(refused);
      await ready({ staged: false, sessionId: 'session', lockId: 'lock', expiresAt: undefined });
      const taken = { ...refused, limitBytes: 399, usedBytes: 100 };
      expect(await bind(claim, moves, sessionOf(399))).toMatchObject(taken);
      expect(await bind(claim, moves, sessionOf(400))).toEqual({ outcome: 'bound' });
    });

    it('moves nothing to a lock or session that is deleted, whatever else is wrong', async () => {
      const before = await several(1);
      const other = claimOf(before, { target: { type: 'template', id: 'gone' } });
      await lifecycle.markDeleted({ type: 'template', id: 'gone' }, new Date());
      expect(await bind(other, movesTo(other, before))).toEqual({ outcome: 'target_deleted' });
      await lifecycle.closeScope({ kind: 'session', sessionId: 'session' }, new Date());
      const claim = claimOf(before);
      expect(await bind(claim, movesTo(claim, before))).toEqual({ outcome: 'target_deleted' });
      expect(await claims.get(claim.id)).toBeUndefined();
    });

    it('lets one of many claims have a file', async () => {
      const before = await several(2);
      const rivals = Array.from({ length: 8 }, (_, index) =>
        claimOf(before, { id: String(index).repeat(24), target: { type: 'lock', id: `lock-${index}` } }),
      );
      const results = await Promise.all(rivals.map((claim) => bind(claim, movesTo(claim, before), [])));
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(['bound', ...Array(7).fill('moved')]);
      const [first, second] = await claims.getFiles(before.map(({ id }) => id));
      expect(first?.claimIds).toEqual(second?.claimIds);
    });

    it('says that the same claim stands already, and keeps what it noted', async () => {
      const { claim } = await bound(1);
      const left = await ready();
      expect(await claims.discard(claim.id, [left], new Date(), 'noted')).toBe(true);
      expect(await bind(claim, [])).toEqual({ outcome: 'repeated' });
      expect(await claims.get(claim.id)).toMatchObject({ deletedIds: [left.id] });
    });

    it('discards a file of the draft once, notes it, and stops when the claim is finished', async () => {
      const { claim } = await bound(1);
      const [first, second] = await several(2);
      if (!first || !second) throw new Error('no files');
      const tries = await Promise.all(
        Array.from({ length: 4 }, () => claims.discard(claim.id, [first], new Date(), 'noted')),
      );
      expect(tries.filter(Boolean)).toHaveLength(1);
      expect(await claims.finish(claim.id, new Date())).toEqual([first.id]);
      expect(await claims.discard(claim.id, [second], new Date(), 'noted')).toBe(false);
      expect(await claims.finish(claim.id, new Date())).toEqual([first.id]);
      expect(await files.get(second.id)).toMatchObject({ state: 'ready' });
      expect((await usage()).staged).toEqual({ usedBytes: 100, fileCount: 1 });
    });

    it('discards and finishes nothing for a claim that is rolled back', async () => {
      const { claim, held } = await bound(1);
      const left = await ready();
      await claims.unbind(claim, movesBack(claim, held));
      expect(await claims.discard(claim.id, [left], new Date(), 'noted')).toBe(false);
      expect(await claims.finish(claim.id, new Date())).toBeUndefined();
    });

    it('rolls back once, and the same claim may be made again', async () => {
      const { claim, held } = await bound(2);
      const moves = movesBack(claim, held);
      const tries = await Promise.all(Array.from({ length: 4 }, () => claims.unbind(claim, moves)));
      expect(tries.filter(Boolean)).toHaveLength(1);
      const restored = await claims.getFiles(claim.fileIds);
      for (const file of restored) expect(file).toMatchObject({ staged: true, dueAt: file.expiresAt });
      expect(await claims.get(claim.id)).toMatchObject({ state: 'rolled_back' });
      expect(await bind(claim, movesTo(claim, restored))).toEqual({ outcome: 'bound' });
      expect(await claims.get(claim.id)).toMatchObject({ state: 'claimed', deletedIds: [] });
    });

    it('sets the alarm of a file that is staged again for longer than it would have been', async () => {
      const before = [await ready({ expiresAt: Date.now() + 1000 })];
      const claim = claimOf(before);
      await bind(claim, movesTo(claim, before));
      const moves = movesBack(claim, await claims.getFiles(claim.fileIds));
      await claims.unbind(claim, moves);
      const { Item } = await table.documents.send(
        new GetCommand({ TableName: table.name, Key: ticketKey(before[0]?.id ?? '') }),
      );
      expect(Item).toMatchObject({ ttl: Math.ceil((moves[0]?.to.expiresAt ?? 0) / 1000) });
    });

    it('reads files past one batch of DynamoDB, without those there are not', async () => {
      const found = await several(2);
      const missing = Array.from({ length: 88 }, (_, index) => index.toString(16).padStart(24, '0'));
      const read = await claims.getFiles([...missing, ...found.map(({ id }) => id)]);
      expect(read.map(({ id }) => id).sort()).toEqual(found.map(({ id }) => id).sort());
    });
  });
}
