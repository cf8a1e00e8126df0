import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTable, type Table } from '#adapters/dynamo/client.ts';
import { toItem } from '#adapters/dynamo/file-item.ts';
import { developerKeyKey, organizationParentsPk, parentPk } from '#adapters/dynamo/keys.ts';
import { newObjectKey } from '#core/files/ids.ts';
import type { ParentKind } from '#core/organizations/stores.ts';
import { maxPayloadBytes } from '#local/lambda/protocol.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { access, putAll } from '#test/support/tables.ts';
import { asPage, asUser, type CallOptions, openCloud, type TestApp } from './support.ts';

/**
 * Lists whose items weigh more together than an answer of Lambda may. They are written past the API, which would take
 * hours, and read through it; the one-machine cloud refuses what Lambda refuses.
 */
let opened: Awaited<ReturnType<typeof openCloud>>;
let table: Table;
let app: TestApp;
beforeAll(async () => {
  opened = await openCloud({ cacheSeconds: 5 });
  table = openTable(opened.cloud.dev.dynamodb.tableName, { endpoint: opened.cloud.dev.dynamodb.endpoint, ...access });
  app = await opened.stowage.app();
});
afterAll(async () => {
  table.documents.destroy();
  await opened.close();
});

type Item = Record<string, unknown>;

/** Ids that sort in the order they were made in. */
let made = 0x6b000000;
const nextId = () => {
  made += 1;
  return made.toString(16).padEnd(24, '0');
};
const numberOf = (id: string) => Number.parseInt(id.slice(0, 8), 16);

/** Writes so many items and answers their ids, in the order they were made. */
async function written(count: number, make: (id: string) => Item): Promise<string[]> {
  const ids = Array.from({ length: count }, nextId);
  await putAll(table, ids.map(make));
  return ids;
}

interface Page {
  items: Record<string, string>[];
  cursor?: string;
}

/** One answer, which must be one that Lambda would let through, and what it weighs there. */
async function pageOf(path: string, query: Record<string, string>, { token }: CallOptions) {
  const response = await fetch(`${opened.cloud.dev.baseUrl}${path}?${new URLSearchParams(query)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = await response.text();
  expect(response.status, body.slice(0, 300)).toBe(200);
  const { status: statusCode, headers } = response;
  const bytes = Buffer.byteLength(JSON.stringify({ statusCode, headers: Object.fromEntries(headers), body }));
  expect(bytes).toBeLessThan(maxPayloadBytes);
  return { page: JSON.parse(body) as Page, bytes };
}

/** The whole list by its cursors, and how many answers that took. Every answer but the last makes use of its room. */
async function walk(path: string, as: CallOptions, query: Record<string, string> = {}) {
  const items: Page['items'] = [];
  let answers = 0;
  for (let cursor: string | undefined, more = true; more; answers += 1) {
    const { page, bytes } = await pageOf(path, { ...query, ...(cursor !== undefined && { cursor }) }, as);
    if (page.cursor !== undefined) expect(bytes).toBeGreaterThan(5_000_000);
    items.push(...page.items);
    cursor = page.cursor;
    more = cursor !== undefined;
  }
  return { items, answers };
}

const key = (id: string) => newObjectKey('extensions/app', id, 'webp');
const names = ['"'.repeat(251), '写'.repeat(85), '\\"👩‍👩‍👧🏽'.repeat(9)];
const nameOf = (id: string) => `${names[numberOf(id) % names.length]}.png`;

describe('a list that no answer carries', () => {
  it('of a session is walked by cursor, and shows each file once', async () => {
    const ids = await written(4000, (id) => {
      const { appId, userId, sessionId, lockId } = app;
      const given = { id, key: key(id), appId, userId, sessionId, lockId, originalName: nameOf(id) };
      const { dueAt: _, ...file } = sessionFile({ ...given, state: 'ready' });
      return toItem(file);
    });
    opened.cloud.requests.reset();
    const { items, answers } = await walk(app.files, asPage(app));
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(items.map(({ originalName }) => originalName)).toEqual(ids.toReversed().map(nameOf));
    expect(answers).toBeGreaterThan(1);
    expect(answers).toBeLessThan(4);
    // Nothing is read that is far from being shown: half a thousand files at a time.
    expect(opened.cloud.requests.dynamodb.Query).toBeLessThanOrEqual(8 + 2 * answers);
  });

  it("of a user's staged files is, with the quota in each answer", async () => {
    const ids = await written(4000, (id) => {
      const { appId, userId } = app;
      const given = { id, key: key(id), appId, userId, draftId: 'draft', originalName: nameOf(id) };
      return toItem(stagedFile({ ...given, purpose: numberOf(id) % 2 === 0 ? 'even' : 'odd', state: 'ready' }));
    });
    const { items, answers } = await walk(`${app.setup}/staged`, asUser(app));
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(answers).toBeGreaterThan(1);
    const even = await walk(`${app.setup}/staged`, asUser(app), { purpose: 'even' });
    expect(even.items.map(({ id }) => id)).toEqual(ids.toReversed().filter((id) => numberOf(id) % 2 === 0));
    const { page } = await pageOf(`${app.setup}/staged`, { limit: '2', cursor: ids[2] ?? '' }, asUser(app));
    expect(page).toMatchObject({ items: [{ id: ids[1] }, { id: ids[0] }], stagedQuota: { fileCount: 0 } });
    expect(page.cursor).toBeUndefined();
  });

  it.each([
    ['/exercise-comments', 'exercise_comment', 'text'],
    ['/messages', 'message', 'text'],
    ['/progress-photos', 'progress_photo', 'note'],
  ] as const)('of %s is', async (path, kind: ParentKind, field) => {
    const { userId } = app;
    const as = { token: opened.cloud.dev.platformToken, json: { status: 'active' } };
    await opened.stowage.ok('PUT', `/platform/organizations/org/members/${userId}`, as);
    const files = Array.from({ length: 20 }, (_, at) => ({
      uploadId: `${at}`,
      key: `messages/uploads/${userId}/${at}.jpg`,
      mimeType: 'image/jpeg',
      sizeBytes: 1,
      originalName: names[0],
    }));
    const fields = { [field]: '\u0001'.repeat(10_000) };
    const ids = await written(130, (id) => ({
      ...{ pk: parentPk(kind, userId), sk: id, ownerPk: organizationParentsPk('org') },
      ...{ id, kind, orgId: 'org', userId, files, fields, createdAt: new Date().toISOString() },
    }));
    const { items, answers } = await walk(path, asUser(app), { limit: '100' });
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(answers).toBeGreaterThan(2);
    const { page } = await pageOf(path, { organizationId: 'org' }, asUser(app));
    expect(page.items.length).toBeGreaterThan(30);
    expect(page.cursor).toBe(page.items.at(-1)?.id);
  });

  it("of an app's developer keys is, oldest first", async () => {
    const { appId } = await opened.stowage.app();
    const path = `/admin/extensions/apps/${appId}/developer-keys`;
    const as = { token: opened.cloud.dev.adminToken };
    const before = (await pageOf(path, {}, as)).page.items.map(({ keyId }) => keyId);
    const from = Date.now() + 60_000;
    const ids = await written(7000, (id) => {
      const number = numberOf(id);
      // Ids do not follow the time the keys were made, and some were made at once.
      const keyId = `${(number * 7919) % 7000}`.padStart(24, '0');
      const createdAt = new Date(from + Math.floor(number / 3)).toISOString();
      return {
        ...developerKeyKey(appId, keyId),
        keyId,
        appId,
        label: '\u0001'.repeat(100),
        createdAt,
        secretHash: 'x',
      };
    });
    const { items, answers } = await walk(path, as);
    const added = items.slice(before.length);
    expect(items).toHaveLength(before.length + ids.length);
    expect(new Set(items.map(({ keyId }) => keyId)).size).toBe(items.length);
    expect(added.map(({ createdAt }) => createdAt)).toEqual(added.map(({ createdAt }) => createdAt).sort());
    expect(answers).toBe(2);

    // A key that is revoked between two answers hides none of those behind it.
    const { page } = await pageOf(path, { limit: '3' }, as);
    await opened.stowage.ok('DELETE', `${path}/${page.items[2]?.keyId}`, as);
    const next = (await pageOf(path, { limit: '3', cursor: page.cursor ?? '' }, as)).page;
    expect(next.items).toEqual(items.slice(3, 6));
  });
});

describe('a cursor that a list did not give', () => {
  const lists = [
    ['a session', () => [app.files, asPage(app)]],
    ['staged files', () => [`${app.setup}/staged`, asUser(app)]],
    ['messages', () => ['/messages', asUser(app)]],
    ['exercise comments', () => ['/exercise-comments', asUser(app)]],
    ['progress photos', () => ['/progress-photos', asUser(app)]],
    ['developer keys', () => [`${app.admin}/developer-keys`, { token: opened.cloud.dev.adminToken }]],
  ] as [string, () => [string, CallOptions]][];

  it.each(lists)('is refused by that of %s', async (_, list) => {
    const [path, as] = list();
    for (const cursor of ['', 'x', '../x', 'f'.repeat(25), 'F'.repeat(36), 'FILE#1', 'eyJwayI6IkEifQ']) {
      const answer = await opened.stowage.call('GET', `${path}?${new URLSearchParams({ cursor })}`, as);
      expect(answer, cursor).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', details: { issues: [{ path: 'query.cursor' }] } },
      });
    }
  });

  it("shows nobody another's files", async () => {
    const other = await opened.stowage.app();
    const cursor = 'f'.repeat(24);
    expect((await pageOf(other.files, { cursor }, asPage(other))).page).toEqual({ items: [] });
    expect((await pageOf(`${other.setup}/staged`, { cursor }, asUser(other))).page.items).toEqual([]);
    expect((await pageOf('/messages', { cursor }, asUser(other))).page).toEqual({ items: [] });
  });
});
