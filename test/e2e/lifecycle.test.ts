import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { operatorQueues } from '#test/support/operator-queues.ts';
import { expectError, fileOf } from './expectations.ts';
import { openTable } from './faults-support.ts';
import { asBackend, asUser, openCloud, stage, type TestApp, upload } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let queues: ReturnType<typeof operatorQueues>;
let photo: Buffer;
beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto({ width: 64, height: 48 })]);
  queues = operatorQueues(opened.cloud);
});
afterEach(() => {
  opened.cloud.faults.sqs = undefined;
});
afterAll(async () => {
  queues.sqs.destroy();
  await opened.close();
});

let lastEvent = 0;
const withId = (event: Record<string, unknown>) => {
  lastEvent += 1;
  return { eventId: `event-${lastEvent}`, ...event };
};
const overHttp = async (event: Record<string, unknown>) => {
  const { dev, call } = opened.stowage;
  return await call('POST', '/platform/lifecycle-events', { token: dev.platformToken, json: withId(event) });
};
const byQueue = async (body: unknown) => {
  const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
  await queues.sqs.send(new SendMessageCommand({ QueueUrl: queues.urlOf(/lifecycle/i), MessageBody }));
};
const ways = [
  ['over HTTP', async (event: Record<string, unknown>) => void expect((await overHttp(event)).status).toBe(202)],
  ['by a message', async (event: Record<string, unknown>) => await byQueue(withId(event))],
] as const;

const uploadOne = async (app: TestApp) => fileOf(await upload(opened.stowage, app, { bytes: photo }));
const stageOne = async (app: TestApp) => fileOf(await stage(opened.stowage, app, { bytes: photo }));
async function claimOne(app: TestApp, target: Record<string, unknown>) {
  const file = await stageOne(app);
  const config = { provider: 'chastify_storage', fileId: file.id };
  const json = { userId: app.userId, target, config };
  await opened.stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, {
    token: opened.stowage.dev.platformToken,
    json,
  });
  return file;
}
const isThere = async ({ signedUrl }: { signedUrl: string }) => (await fetch(signedUrl)).status === 200;

/** The lifecycle worker has taken every event; what waits for its time waits still. */
async function eventsApplied(): Promise<void> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queues.urlOf(/lifecycle/i), AttributeNames: ['All'] });
  await expect
    .poll(async () => {
      const { Attributes = {} } = await queues.sqs.send(command);
      return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
    })
    .toBe(0);
}

/** Everything there is to do is done, and nothing failed on the way. */
async function drained() {
  const report = await opened.cloud.drain();
  expect(report).toMatchObject({ finished: true, left: {}, failed: {} });
  return report;
}

describe.each(ways)('a lifecycle event %s', (_way, tell) => {
  it('of an app takes everything of it, and closes it', async () => {
    const [app, other] = [await opened.stowage.app(), await opened.stowage.app()];
    const files = [
      await uploadOne(app),
      await stageOne(app),
      await claimOne(app, { type: 'template', id: `t-${app.lockId}` }),
    ];
    const kept = await uploadOne(other);
    await tell({ type: 'app.deleted', appId: app.appId });
    await drained();
    expect(await Promise.all(files.map(isThere))).toEqual([false, false, false]);
    expect(await isThere(kept)).toBe(true);
    const usage = await opened.stowage.ok('GET', `${app.admin}/file-storage`, { token: opened.stowage.dev.adminToken });
    expect(usage).toMatchObject({ settings: { enabled: false }, usage: { usedBytes: 0, fileCount: 0 } });
  });

  it('of a session takes its files, and closes it', async () => {
    const app = await opened.stowage.app();
    const [file, claimed, staged] = [
      await uploadOne(app),
      await claimOne(app, { type: 'lock', id: app.lockId, sessionId: app.sessionId }),
      await stageOne(app),
    ];
    await tell({ type: 'session.deleted', sessionId: app.sessionId });
    await drained();
    expect(await Promise.all([file, claimed, staged].map(isThere))).toEqual([false, false, true]);
    expectError(await upload(opened.stowage, app, { bytes: photo }), 404, 'not_found');
    const list = await opened.stowage.ok('GET', app.files, asBackend(app));
    expect(list).toMatchObject({ items: [] });
  });

  it.each(['lock.deleted', 'lock.archived'])(
    '%s takes the files of the lock, and nothing can be claimed for it',
    async (type) => {
      const app = await opened.stowage.app();
      const [file, claimed] = [await uploadOne(app), await claimOne(app, { type: 'lock', id: app.lockId })];
      await tell({ type, lockId: app.lockId });
      await drained();
      expect(await Promise.all([file, claimed].map(isThere))).toEqual([false, false]);
      const staged = await stageOne(app);
      const json = {
        userId: app.userId,
        target: { type: 'lock', id: app.lockId },
        config: { provider: 'chastify_storage', fileId: staged.id },
      };
      const path = `/platform/extensions/${app.appId}/claims`;
      const refused = await opened.stowage.call('POST', path, { token: opened.stowage.dev.platformToken, json });
      expectError(refused, 404, 'not_found');
      expect((await opened.stowage.call('GET', `${app.setup}/${staged.id}`, asUser(app))).status).toBe(200);
    },
  );

  it('of a template keeps its files for its clones, told of before or after, and takes them with the last', async () => {
    const app = await opened.stowage.app();
    const [templateId, early, late] = [`t-${app.lockId}`, `early-${app.lockId}`, `late-${app.lockId}`];
    const file = await claimOne(app, { type: 'template', id: templateId });
    await tell({ type: 'lock.cloned', lockId: early, templateId });
    // Told in this order, of a clone that was made before: the check of the template waits for it.
    await tell({ type: 'template.deleted', templateId });
    await tell({ type: 'lock.cloned', lockId: late, templateId });
    await tell({ type: 'lock.deleted', lockId: early });
    await tell({ type: 'lock.deleted', lockId: early });
    await eventsApplied();
    await drained();
    expect(await isThere(file)).toBe(true);
    await tell({ type: 'lock.archived', lockId: late });
    await eventsApplied();
    await drained();
    expect(await isThere(file)).toBe(false);
  });

  it('that comes late, twice and in any order ends the same', async () => {
    const app = await opened.stowage.app();
    const [templateId, clone] = [`t-${app.lockId}`, `clone-${app.lockId}`];
    const file = await claimOne(app, { type: 'template', id: templateId });
    const events = [
      { type: 'lock.deleted', lockId: clone },
      { type: 'lock.cloned', lockId: clone, templateId },
      { type: 'template.deleted', templateId },
    ];
    await Promise.all([...events, ...events, ...events].map((event) => tell(event)));
    await drained();
    expect(await isThere(file)).toBe(false);
  });
});

describe('the event endpoint', () => {
  it('accepts an event for later, with its id', async () => {
    const { dev, call } = opened.stowage;
    const json = { eventId: 'mine', type: 'lock.deleted', lockId: 'unknown-lock' };
    const answer = await call('POST', '/platform/lifecycle-events', { token: dev.platformToken, json });
    expect([answer.status, answer.body]).toEqual([202, { eventId: 'mine', status: 'accepted' }]);
    await drained();
  });

  it('refuses what is no event', async () => {
    for (const event of [
      { type: 'lock.deleted' },
      { type: 'lock.deleted', lockId: 'has#hash' },
      { type: 'lock.cloned', lockId: 'l' },
      { type: 'app.created', appId: 'a' },
      { eventId: '', type: 'app.deleted', appId: 'a' },
    ]) {
      expectError(await overHttp(event), 400, 'validation_failed');
    }
  });

  it('applies the event itself while no queue can be reached, and the schedule takes up what it could not clean', async () => {
    const app = await opened.stowage.app();
    const file = await uploadOne(app);
    opened.cloud.faults.sqs = ({ operation }) =>
      operation === 'SendMessage' ? { status: 500, code: 'InternalError' } : undefined;
    opened.cloud.faults.r2 = () => 'reset';
    expect((await overHttp({ type: 'session.deleted', sessionId: app.sessionId })).status).toBe(202);
    expectError(await upload(opened.stowage, app, { bytes: photo }), 404, 'not_found');
    opened.cloud.faults.sqs = undefined;
    opened.cloud.faults.r2 = undefined;
    expect(await isThere(file)).toBe(true);
    const table = openTable(opened.cloud);
    const isLeft = ({ sk, state }: Record<string, unknown>) => sk === 'CLEANUP' || state === 'deleting';
    for (const item of (await table.items()).filter(isLeft)) await table.makeDue(item);
    table.close();
    await drained();
    expect(await isThere(file)).toBe(false);
  });
});

describe('a message that can never be handled', () => {
  it('ends in the dead letters, and holds up nobody', async () => {
    const app = await opened.stowage.app();
    const file = await uploadOne(app);
    for (const body of ['no JSON', { eventId: 'x', type: 'unknown' }, { eventId: 'x' }]) await byQueue(body);
    await byQueue(withId({ type: 'session.deleted', sessionId: app.sessionId }));
    const report = await opened.cloud.drain();
    expect(report.finished).toBe(true);
    const names = opened.cloud.stack.model.queues.map(({ name }) => name);
    const dead = names.find((name) => /lifecycle/i.test(name) && /dead/i.test(name)) ?? '';
    expect(report.left).toEqual({ [dead]: 3 });
    expect(await isThere(file)).toBe(false);
  });
});
