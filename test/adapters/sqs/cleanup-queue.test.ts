import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCleanupQueue } from '#adapters/sqs/cleanup-queue.ts';
import { QueueUnavailableError } from '#adapters/sqs/sender.ts';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the cleanup queue', () => {
  it('carries a message as JSON', async () => {
    const sqs = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
    try {
      vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${sqs.port}`);
      sqs.createQueue('cleanup', { region: 'eu-central-1' });
      const queueUrl = `http://127.0.0.1:${sqs.port}/000000000000/cleanup`;
      await createCleanupQueue({ queueUrl }).send({ type: 'file.delete', fileId: '0123' });
      const bodies = sqs.inspectQueue('cleanup')?.messages.ready.map(({ body }) => JSON.parse(body));
      expect(bodies).toEqual([{ type: 'file.delete', fileId: '0123' }]);
    } finally {
      await sqs.stop();
    }
  });
});

describe('a queue that does not take the message', () => {
  let server: Server;
  let queueUrl: string;
  let answer: (response: ServerResponse) => void;
  let requests: number;

  beforeEach(async () => {
    requests = 0;
    server = createServer((request, response) => {
      requests++;
      request.resume().on('end', () => answer(response));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', origin);
    queueUrl = `${origin}/000000000000/cleanup`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = () => createCleanupQueue({ queueUrl }).send({ type: 'file.delete', fileId: '0123' });

  it('because it fails is tried twice and then reported', async () => {
    answer = (response) => response.writeHead(500).end();
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
    expect(requests).toBe(2);
  });

  it('because it is gone is reported', async () => {
    answer = (response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}');
    };
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
  });

  it('because it never answers is given up, so that the caller can do the work itself', async () => {
    answer = () => {};
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
  });

  it('because nobody listens is reported', async () => {
    server.close();
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
  });
});
