import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { organizationParentsPk, organizationPk } from '#adapters/dynamo/keys.ts';
import { createOrganizationStore } from '#adapters/dynamo/organization-store.ts';
import { newId } from '#core/files/ids.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { settled } from '#core/files/settled.ts';
import { maxUploadsPerParent } from '#core/organizations/parents.ts';
import type { OrganizationChange, OrganizationStore, Parent } from '#core/organizations/stores.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const now = new Date();

function stagedUpload(given: Partial<OrganizationFile> = {}): OrganizationFile {
  const id = crypto.randomUUID();
  const expiresAt = now.getTime() + 900_000;
  return {
    id,
    scope: 'organization',
    state: 'pending',
    rev: 1,
    orgId: 'org',
    userId: 'user',
    ownerType: 'progress_photo',
    bucket: 'default',
    key: `progress-photos/user/${id}.jpg`,
    originalName: 'photo.jpg',
    mimeType: 'image/jpeg',
    sizeBytes: 7,
    incoming: { key: `incoming/${id}`, mimeType: 'image/jpeg', sizeBytes: 7, urlExpiresAt: now.getTime() + 600_000 },
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    expiresAt,
    dueAt: expiresAt,
    ...given,
  };
}

const parentRow = (given: Partial<Parent> = {}): Parent => ({
  id: newId(new Date()),
  kind: 'progress_photo',
  orgId: 'org',
  userId: 'user',
  files: [],
  fields: { note: 'n' },
  createdAt: now.toISOString(),
  ...given,
});

const member = { kind: 'member', orgId: 'org', userId: 'user' } as const;

const settle = (file: OrganizationFile): OrganizationChange => ({
  kind: 'settle',
  file,
  next: settled(file, { mimeType: file.mimeType, sizeBytes: file.sizeBytes }, now),
});

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the organization store on ${dynamoDb.name}`, () => {
    let table: Table;
    let store: OrganizationStore;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      store = createOrganizationStore(table);
    });
    beforeEach(async () => {
      await emptyTable(table);
      await store.putMember({ orgId: 'org', userId: 'user', status: 'active', updatedAt: now.toISOString() });
    });
    afterAll(() => server?.close());

    const indexed = async (ownerPk: string) => {
      const { Items = [] } = await table.documents.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: 'byOwner',
          KeyConditionExpression: 'ownerPk = :pk',
          ExpressionAttributeValues: { ':pk': ownerPk },
        }),
      );
      return Items.map(({ id }) => id);
    };

    it('knows active members, and what was said of them last', async () => {
      expect(await store.isActiveMember('org', 'user')).toBe(true);
      expect(await store.isActiveMember('org', 'nobody')).toBe(false);
      await store.putMember({ orgId: 'org', userId: 'user', status: 'inactive', updatedAt: now.toISOString() });
      expect(await store.isActiveMember('org', 'user')).toBe(false);
    });

    it('writes all changes or none, and says which were refused', async () => {
      const file = stagedUpload();
      expect(await store.commit([member, { kind: 'stage', file }])).toEqual([]);
      const parent = parentRow();
      const before = await allItems(table);
      const stale = { ...file, rev: 9 };
      expect(await store.commit([member, { kind: 'parent', parent }, settle(stale)])).toEqual(['settle']);
      expect(await store.commit([{ ...member, userId: 'nobody' }, settle(file)])).toEqual(['member']);
      expect(await allItems(table)).toEqual(before);
      expect(await store.commit([member, { kind: 'parent', parent }, settle(file)])).toEqual([]);
      expect((await store.getFiles([file.id]))[0]).toMatchObject({ state: 'ready', rev: 2 });
    });

    it('lets one of many take an upload', async () => {
      const file = stagedUpload();
      await store.commit([{ kind: 'stage', file }]);
      const taken = await Promise.all(
        Array.from({ length: 6 }, () => store.commit([member, { kind: 'parent', parent: parentRow() }, settle(file)])),
      );
      expect(taken.filter((refused) => refused.length === 0)).toHaveLength(1);
      expect((await store.listParents({ kind: 'progress_photo', userId: 'user' }, { limit: 10 })).items).toHaveLength(
        1,
      );
    });

    it('takes a row away with its files once, as many as it may have, and none of it when it is not there', async () => {
      const uploads = Array.from({ length: maxUploadsPerParent }, () => stagedUpload());
      const parent = parentRow();
      for (const file of uploads) await store.commit([{ kind: 'stage', file }]);
      await store.commit([member, { kind: 'parent', parent }, ...uploads.map(settle)]);
      const kept = (await store.getFiles(uploads.map(({ id }) => id))).filter((file) => file !== undefined);
      const gone = (which: Parent): OrganizationChange[] => [
        { kind: 'parent_gone', parent: which },
        ...kept.map((file) => ({ kind: 'release' as const, file, now })),
      ];
      expect(await store.commit(gone(parentRow()))).toEqual(['parent_gone']);
      expect((await store.getFiles([kept[0]?.id ?? '']))[0]?.state).toBe('ready');
      const results = await Promise.all([store.commit(gone(parent)), store.commit(gone(parent))]);
      expect(results.map(({ length }) => length).sort()).toEqual([0, 2]);
      expect(await store.getParent(parent.kind, parent.userId, parent.id)).toBeUndefined();
      const after = await store.getFiles(kept.map(({ id }) => id));
      expect(new Set(after.map((file) => file?.state))).toEqual(new Set(['deleting']));
    });

    it('finds files by id in the order asked for, in one batch, whatever the ids are', async () => {
      const [first, second] = [stagedUpload(), stagedUpload()];
      await store.commit([
        { kind: 'stage', file: first },
        { kind: 'stage', file: second },
      ]);
      const found = await store.getFiles([second.id, 'nothing', first.id, second.id]);
      expect(found.map((file) => file?.id)).toEqual([second.id, undefined, first.id, second.id]);
      expect(found[0]).toEqual(second);
      expect(await store.getFiles([])).toEqual([]);
    });

    it("lists a user's own rows of a kind, newest first, page by page, of one organization when asked", async () => {
      const stored: Parent[] = [];
      for (let index = 0; index < 7; index += 1) {
        const parent = parentRow({ orgId: index % 2 === 0 ? 'org' : 'another' });
        await store.commit([{ kind: 'parent', parent }]);
        stored.unshift(parent);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await store.commit([
        { kind: 'parent', parent: parentRow({ userId: 'another' }) },
        { kind: 'parent', parent: parentRow({ kind: 'message' }) },
      ]);
      for (const orgId of [undefined, 'org']) {
        const seen: Parent[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.listParents({ kind: 'progress_photo', userId: 'user', orgId }, { limit: 2, cursor });
          expect(page.items.length).toBeLessThanOrEqual(2);
          seen.push(...page.items);
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(stored.filter((parent) => orgId === undefined || parent.orgId === orgId));
      }
      const strange = store.listParents({ kind: 'progress_photo', userId: 'user' }, { limit: 2, cursor: '../x' });
      await expect(strange).rejects.toMatchObject({ code: 'validation_failed' });
    });

    it('leads from an organization to all its files and rows, for whoever cleans it up', async () => {
      const file = stagedUpload();
      const parent = parentRow();
      await store.commit([
        { kind: 'stage', file },
        { kind: 'parent', parent },
      ]);
      expect(await indexed(organizationPk('org'))).toEqual([file.id]);
      expect(await indexed(organizationParentsPk('org'))).toEqual([parent.id]);
      expect(await indexed(organizationPk('another'))).toEqual([]);
    });

    it('changes the logo only from the row that was read, and a presign is a change of it', async () => {
      const logo = { uploadId: 'u1', key: 'k', mimeType: 'image/png', sizeBytes: 1, originalName: 'n' };
      const empty = await store.getLogo('org');
      expect(empty).toEqual({ orgId: 'org', rev: 0 });
      await store.commit([{ kind: 'pending_logo', orgId: 'org', uploadId: 'u1' }]);
      expect(await store.commit([{ kind: 'logo', row: { ...empty, logo } }])).toEqual(['logo']);
      const pending = await store.getLogo('org');
      expect(pending).toEqual({ orgId: 'org', rev: 1, pendingUploadId: 'u1' });
      expect(await store.commit([{ kind: 'logo', row: { orgId: 'org', rev: 1, logo } }])).toEqual([]);
      expect(await store.getLogo('org')).toEqual({ orgId: 'org', rev: 2, logo });
    });

    it('changes a minisite only from the row that was read', async () => {
      const row = { ...(await store.getMinisite('org')), content: '{"a":1}' };
      expect(await store.commit([{ kind: 'minisite', row }])).toEqual([]);
      expect(await store.commit([{ kind: 'minisite', row }])).toEqual(['minisite']);
      expect(await store.getMinisite('org')).toEqual({ ...row, rev: 1 });
    });

    it('gives a token one upload at a time', async () => {
      const token = { tokenHash: 'hash', orgId: 'org', formId: 'form', expiresAt: now.getTime() + 1000, used: false };
      await store.putToken(token, now);
      expect(await store.getToken('hash')).toEqual(token);
      const uses = await Promise.all(
        Array.from({ length: 4 }, (_, index) => store.commit([{ kind: 'use_token', token, uploadId: `u${index}` }])),
      );
      expect(uses.filter((refused) => refused.length === 0)).toHaveLength(1);
      const first = await store.getToken('hash');
      expect(first).toEqual({ ...token, used: true, uploadId: expect.stringMatching(/^u\d$/), presigns: 1 });
      if (first === undefined) throw new Error('no token');
      expect(await store.commit([{ kind: 'use_token', token: first, uploadId: 'next' }])).toEqual([]);
      expect(await store.getToken('hash')).toMatchObject({ uploadId: 'next', presigns: 2 });
      expect(await store.commit([{ kind: 'use_token', token: first, uploadId: 'late' }])).toEqual(['use_token']);
      const unknown = { ...token, tokenHash: 'unknown' };
      expect(await store.commit([{ kind: 'use_token', token: unknown, uploadId: 'u' }])).toEqual(['use_token']);
      expect(await store.getToken('unknown')).toBeUndefined();
    });
  });
}
