import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, type FileView, fileOf } from './expectations.ts';
import { asBackend, asPage, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

const platform = (path: string, json: unknown) =>
  stowage.ok('POST', `/platform/${path}`, { token: stowage.dev.platformToken, json });
/** Tells of an event, and waits until it has had its effect. */
async function tell(event: Record<string, unknown>): Promise<void> {
  await platform('lifecycle-events', { eventId: `clones-${JSON.stringify(event)}`, ...event });
  await stowage.drain();
}
const listOf = async (app: TestApp, query = '') =>
  (await stowage.ok('GET', `${app.files}${query}`, asPage(app))) as { items: FileView[]; cursor?: string };

/** Files that a template's saved config holds. */
async function templateOf(app: TestApp, count: number) {
  const templateId = `template-${app.lockId}`;
  const files: FileView[] = [];
  for (let index = 0; index < count; index += 1) files.push(fileOf(await stage(stowage, app, { bytes: photo })));
  await platform(`extensions/${app.appId}/claims`, {
    userId: app.userId,
    target: { type: 'template', id: templateId },
    config: files.map(({ id }) => ({ provider: 'chastify_storage', fileId: id })),
  });
  return { templateId, ids: files.map(({ id }) => id) };
}

describe('a session whose lock is a clone', () => {
  it("lists and reads its template's files, marked as read only, by session token and developer key", async () => {
    const app = await stowage.app();
    const { templateId, ids } = await templateOf(app, 2);
    const [id = ''] = ids;
    expect(await listOf(app)).toEqual({ items: [] });
    expectError(await stowage.call('GET', `${app.files}/${id}`, asPage(app)), 404, 'file_not_found');

    await tell({ type: 'lock.cloned', lockId: app.lockId, templateId });
    const own = fileOf(await upload(stowage, app, { bytes: photo }));
    expect(own).not.toHaveProperty('readOnly');
    const { items } = await listOf(app);
    expect(new Map(items.map((file) => [file.id, file.readOnly]))).toEqual(
      new Map([[own.id, undefined], ...ids.map((each) => [each, true] as const)]),
    );
    for (const caller of [asPage(app), asBackend(app)]) {
      const file = fileOf(await stowage.call('GET', `${app.files}/${id}`, caller));
      expect(file).toMatchObject({ id, readOnly: true });
      expect((await fetch(file.signedUrl)).status).toBe(200);
    }
  });

  it('finds them page by page among its own, newest first', async () => {
    const app = await stowage.app();
    const before = fileOf(await upload(stowage, app, { bytes: photo })).id;
    const { templateId, ids } = await templateOf(app, 3);
    const after = fileOf(await upload(stowage, app, { bytes: photo })).id;
    await tell({ type: 'lock.cloned', lockId: app.lockId, templateId });
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await listOf(app, `?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.items.length).toBeGreaterThan(0);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    }
    // An id begins with the second of its upload.
    expect(seen).toEqual([after, ...ids, before].sort().reverse());
  });

  it('neither deletes them, nor counts them, nor shows them to another app or lock', async () => {
    const app = await stowage.app();
    const { templateId, ids } = await templateOf(app, 1);
    await tell({ type: 'lock.cloned', lockId: app.lockId, templateId });
    const path = `${app.files}/${ids[0]}`;
    expectError(await stowage.call('DELETE', path, asBackend(app)), 404, 'file_not_found');
    expect((await stowage.call('GET', path, asBackend(app))).status).toBe(200);

    const other = await stowage.app();
    await tell({ type: 'lock.cloned', lockId: other.lockId, templateId });
    expect(await listOf(other)).toEqual({ items: [] });
    expectError(await stowage.call('GET', `${other.files}/${ids[0]}`, asPage(other)), 404, 'file_not_found');
  });

  it('sees them no more once it is archived', async () => {
    const app = await stowage.app();
    const { templateId, ids } = await templateOf(app, 1);
    await tell({ type: 'lock.cloned', lockId: app.lockId, templateId });
    await tell({ type: 'lock.archived', lockId: app.lockId });
    expect(await listOf(app)).toEqual({ items: [] });
    expectError(await stowage.call('GET', `${app.files}/${ids[0]}`, asPage(app)), 404, 'file_not_found');
  });
});
