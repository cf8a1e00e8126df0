import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { operatorQueues } from '#test/support/operator-queues.ts';
import { administrator } from './admin-support.ts';
import { expectError } from './expectations.ts';
import { openCloud } from './support.ts';

interface Queue {
  name: string;
  host: string | null;
  messages: number;
  redrivable: boolean;
  task: { status: string; moved: number; total: number | null } | null;
}

let opened: Awaited<ReturnType<typeof openCloud>>;
let photo: Buffer;
let receiver: Server;
let answers = 500;
const taken: string[] = [];

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (answers < 300) taken.push(JSON.parse(Buffer.concat(chunks).toString()).data.fileId);
    response.writeHead(answers).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const scan = { mode: 'quarantine' } as const;
  [opened, photo] = await Promise.all([openCloud({ events: { webhooks: [{ url }] }, scan }), jpegPhoto()]);
});
afterEach(() => {
  opened.cloud.faults.sqs = undefined;
});
afterAll(async () => {
  await opened.close();
  receiver.closeAllConnections();
  receiver.close();
});

const { admin, get, uploadOne } = administrator(() => ({ stowage: opened.stowage, photo }));
const queues = async () => (await get<{ queues: Queue[] }>('/admin/dead-letters')).queues;
const queue = async (name: RegExp) => (await queues()).find((one) => name.test(one.name)) as Queue;
const look = async (name: string) =>
  (await get<{ messages: { body: string }[] }>(`/admin/dead-letters/${name}/messages`)).messages;
const redrive = (name: string) => opened.stowage.call('POST', `/admin/dead-letters/${name}/redrive`, admin());

describe('dead letters', () => {
  it('are listed by queue, those of each webhook by its host, and none is missing', async () => {
    const all = await queues();
    expect(all.map(({ name }) => name.replace(/-.*/, ''))).toEqual([
      'cleanup',
      'lifecycle',
      'expiry',
      'scan',
      'events',
      'webhook',
    ]);
    expect(all.filter(({ redrivable }) => !redrivable).map(({ name }) => name)).toEqual(['expiry', 'events']);
    expect(all.at(-1)?.host).toMatch(/^127\.0\.0\.1:\d+$/);
    const deadLetters = opened.cloud.stack.model.queues.filter(({ redrive: to }) => to !== undefined);
    expect(all.filter(({ redrivable }) => redrivable)).toHaveLength(deadLetters.length);
  });

  it('of a webhook are looked at, taken from nobody, and sent once more when the receiver is mended', async () => {
    const { stowage } = opened;
    const { id } = await uploadOne(await stowage.app());
    await stowage.drain();
    const { name, messages, task } = await queue(/^webhook-/);
    expect([messages, task]).toEqual([1, null]);
    for (let looks = 0; looks < 3; looks += 1) {
      expect((await look(name)).map(({ body }) => JSON.parse(body))).toMatchObject([
        { type: 'file.ready', data: { fileId: id } },
      ]);
    }
    answers = 204;
    const begun = await redrive(name);
    expect(begun).toMatchObject({ status: 202, body: { status: 'running', moved: 0, total: 1 } });
    // Whoever asks twice gets the one that is under way.
    expect((await redrive(name)).status).toBe(202);
    await expect.poll(async () => (await queue(/^webhook-/)).task?.status).toBe('completed');
    await stowage.drain();
    expect(await queue(/^webhook-/)).toMatchObject({ messages: 0 });
    expect(taken).toEqual([id]);
    const { items } = await get<{ items: object[] }>('/admin/audit?limit=2');
    expect(items[0]).toMatchObject({ action: 'dead_letters.redriven', subject: { type: 'queue', id: name } });
  });

  it('that fail again are back, and nothing of them is lost', async () => {
    const { sqs, urlOf } = operatorQueues(opened.cloud);
    await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(/Lifecycle/), MessageBody: 'no event' }));
    sqs.destroy();
    await opened.stowage.drain();
    expect(await queue(/^lifecycle$/)).toMatchObject({ messages: 1 });
    expect((await redrive('lifecycle')).status).toBe(202);
    await expect.poll(async () => (await queue(/^lifecycle$/)).task).toMatchObject({ status: 'completed', moved: 1 });
    await opened.stowage.drain();
    expect(await queue(/^lifecycle$/)).toMatchObject({ messages: 1 });
    expect(await look('lifecycle')).toMatchObject([{ body: 'no event' }]);
  });

  it('that are notes of a stream are not sent anywhere', async () => {
    const answer = await redrive('expiry');
    expectError(answer, 400, 'validation_failed');
    const issues = [{ path: 'queue', message: expect.stringContaining('purge') }];
    expect(answer.body).toMatchObject({ details: { issues } });
  });

  it('of a queue there is not are not found', async () => {
    expectError(await redrive('nothing'), 404, 'not_found');
    expectError(await opened.stowage.call('GET', '/admin/dead-letters/x/messages', admin()), 404, 'not_found');
    expectError(await redrive('No%20Name'), 400, 'validation_failed');
  });

  it('are asked for again later where SQS does not answer', async () => {
    opened.cloud.faults.sqs = ({ operation }) =>
      operation.startsWith('List') ? { status: 500, code: 'x' } : undefined;
    const answer = await opened.stowage.call('GET', '/admin/dead-letters', admin());
    expectError(answer, 503, 'temporarily_unavailable');
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});
