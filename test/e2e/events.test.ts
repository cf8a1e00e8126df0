import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventTypes, type StowageEvent } from '#core/events/event.ts';
import type { BusEvent } from '#local/events/bus.ts';
import { complaintOfEvent } from '#test/support/documented.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { fileOf } from './expectations.ts';
import { asBackend, asUser, openCloud, stage, type TestApp, upload } from './support.ts';

type Opened = Awaited<ReturnType<typeof openCloud>>;

let opened: Opened;
let photo: Buffer;
let receiver: Server;
const onBus: StowageEvent[] = [];
const posted: { headers: Record<string, string>; body: string }[] = [];
/** What in any of them the OpenAPI document does not tell of. */
const undocumented = new Set<string | undefined>();
/** What the receiver answers, by what is asked of it. */
let answer: (event: StowageEvent) => number = () => 204;

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    undocumented.add(complaintOfEvent(JSON.parse(body), request.headers));
    const status = answer(JSON.parse(body));
    if (status < 300) posted.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  [opened, photo] = await Promise.all([
    openCloud({
      events: { webhooks: [{ url }] },
      onEvent({ detail }: BusEvent) {
        onBus.push(detail as StowageEvent);
        undocumented.add(complaintOfEvent(detail as StowageEvent));
      },
    }),
    jpegPhoto({ width: 160, height: 120 }),
  ]);
});
afterAll(async () => {
  await opened.close();
  receiver.closeAllConnections();
  receiver.close();
});

const told = (fileId: string) => onBus.filter(({ data }) => 'fileId' in data && data.fileId === fileId);
const delivered = (fileId: string) =>
  posted
    .map(({ body }) => JSON.parse(body) as StowageEvent)
    .filter(({ data }) => 'fileId' in data && data.fileId === fileId);
/** Each once, in the order in which they came first. */
const distinct = (events: StowageEvent[]) => [...new Map(events.map((event) => [event.id, event])).values()];
const typesOf = (events: StowageEvent[]) => distinct(events).map(({ type }) => type);

async function stageOne(app: TestApp) {
  return fileOf(await stage(opened.stowage, app, { bytes: photo }));
}

async function claim(app: TestApp, fileId: string, sessionId?: string) {
  const json = {
    userId: app.userId,
    target: { type: 'lock', id: app.lockId, ...(sessionId && { sessionId }) },
    config: { image: { provider: 'chastify_storage', fileId } },
  };
  const token = opened.stowage.dev.platformToken;
  return (await opened.stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { token, json })) as {
    claimId: string;
  };
}

describe('the life of a file', () => {
  it('is told on the bus and to the webhook, in order: ready, claimed, released, claimed again, deleted', async () => {
    const { stowage } = opened;
    const app = await stowage.app();
    const { id } = await stageOne(app);
    const token = stowage.dev.platformToken;
    const { claimId } = await claim(app, id);
    await stowage.ok('DELETE', `/platform/extensions/claims/${claimId}`, { token });
    await claim(app, id, app.sessionId);
    await stowage.ok('POST', '/platform/lifecycle-events', {
      token,
      json: { eventId: `end-${app.lockId}`, type: 'lock.deleted', lockId: app.lockId },
    });
    expect((await stowage.drain()).finished).toBe(true);
    const types = ['file.ready', 'file.claimed', 'file.released', 'file.claimed', 'file.deleted'];
    for (const events of [told(id), delivered(id)]) {
      expect(typesOf(events)).toEqual(types);
      const sequences = distinct(events).map(({ data }) => ('sequence' in data ? data.sequence : 0));
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    }
    expect(told(id)[3]).toMatchObject({ data: { sessionId: app.sessionId, holder: { type: 'lock', id: app.lockId } } });
    expect(distinct(delivered(id))).toEqual(distinct(told(id)));
  });

  it('is told with a signature that the reference implementation takes, and with no link in it', async () => {
    const { stowage } = opened;
    const app = await stowage.app();
    const { id } = fileOf(await upload(stowage, app, { bytes: photo }));
    await stowage.drain();
    const webhook = new Webhook(stowage.dev.webhookSecret ?? '');
    const mine = posted.filter(({ body }) => body.includes(id));
    expect(mine).toHaveLength(1);
    for (const { headers, body } of mine) {
      expect(webhook.verify(body, headers)).toMatchObject({ id: headers['webhook-id'], data: { fileId: id } });
      expect(body).not.toMatch(/https?:|X-Amz/i);
    }
  });

  it('is told of an upload that its owner deleted and restored', async () => {
    const { stowage } = opened;
    const token = await stowage.token({ token_use: 'user', sub: `owner-${Date.now()}` });
    const form = new FormData();
    form.set('file', new Blob(['notes'], { type: 'text/plain' }), 'notes.txt');
    const { data } = (await stowage.ok('POST', '/v1/upload/private', { token, body: form })) as {
      data: { _id: string };
    };
    await stowage.ok('DELETE', `/v1/upload/${data._id}`, { token });
    await stowage.ok('POST', `/v1/upload/${data._id}/restore`, { token });
    await stowage.drain();
    expect(typesOf(told(data._id))).toEqual(['file.ready', 'file.deleted', 'file.ready']);
  });
});

describe('an app that fills up', () => {
  it('is told of once when it passes 80 percent of its limit', async () => {
    const { stowage } = opened;
    const { sizeBytes } = fileOf(await upload(stowage, await stowage.app(), { bytes: photo }));
    const app = await stowage.app();
    await stowage.ok('PUT', `${app.admin}/file-storage`, {
      token: stowage.dev.adminToken,
      json: { maxBytesPerApp: Math.ceil(sizeBytes * 4.8) },
    });
    for (let files = 0; files < 4; files += 1) await upload(stowage, app, { bytes: photo });
    await stowage.drain();
    const near = onBus.filter(({ type, data }) => type === 'quota.near' && data.appId === app.appId);
    expect(new Set(near.map(({ id }) => id)).size).toBe(1);
    expect(near[0]?.data).toMatchObject({ threshold: 80, usedBytes: 4 * sizeBytes });
  });
});

describe('when something fails', () => {
  it('a bus that takes some events and not others loses none and turns none round', async () => {
    const { stowage, cloud } = opened;
    let calls = 0;
    cloud.faults.events = ({ entries }) => {
      calls += 1;
      return calls % 3 === 0 ? undefined : { entries: [entries - 1] };
    };
    try {
      const app = await stowage.app();
      const ids = await Promise.all(Array.from({ length: 6 }, async () => (await stageOne(app)).id));
      await Promise.all(ids.map((id) => stowage.ok('DELETE', `${app.setup}/staged/${id}`, asUser(app))));
      expect((await stowage.drain()).finished).toBe(true);
      for (const id of ids) expect(typesOf(told(id))).toEqual(['file.ready', 'file.deleted']);
    } finally {
      cloud.faults.events = undefined;
    }
  });

  it('a receiver that refuses an event gets it again, and no later one of that file before it', async () => {
    const { stowage } = opened;
    const app = await stowage.app();
    let refusals = 0;
    answer = () => {
      refusals += 1;
      return refusals <= 3 ? 503 : 204;
    };
    const { id } = await stageOne(app);
    await stowage.ok('DELETE', `${app.setup}/staged/${id}`, asUser(app));
    const report = await stowage.drain();
    answer = () => 204;
    expect(report.finished).toBe(true);
    expect(Object.keys(report.left)).toEqual([]);
    expect(refusals).toBeGreaterThan(3);
    expect(delivered(id).map(({ type }) => type)).toEqual(['file.ready', 'file.deleted']);
  });

  it('what a receiver never takes ends with the dead letters, and the file’s next event goes on', async () => {
    const { stowage } = opened;
    const app = await stowage.app();
    answer = ({ type }) => (type === 'file.ready' ? 500 : 204);
    const { id } = fileOf(await upload(stowage, app, { bytes: photo }));
    await stowage.ok('DELETE', `${app.files}/${id}`, asBackend(app));
    const report = await stowage.drain();
    answer = () => 204;
    expect(delivered(id).map(({ type }) => type)).toEqual(['file.deleted']);
    const dead = Object.entries(report.left).filter(([name]) => /DeadLetters.*\.fifo$/.test(name));
    expect(dead.map(([, count]) => count)).toEqual([1]);
  });
});

it('all of them, of every type, are as the OpenAPI document says, on the bus and at the webhook', () => {
  for (const events of [onBus, posted.map(({ body }) => JSON.parse(body) as StowageEvent)]) {
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(eventTypes));
  }
  expect([...undocumented]).toEqual([undefined]);
});

it('the latest events are shown to a developer', async () => {
  const { events } = (await opened.stowage.ok('GET', '/__local/events')) as { events: BusEvent[] };
  expect(events.at(-1)).toMatchObject({ bus: 'stowage-local', source: 'stowage.local' });
});
