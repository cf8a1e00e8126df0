import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCleanupQueue } from '#adapters/sqs/cleanup-queue.ts';
import { QueueUnavailableError } from '#adapters/sqs/sender.ts';
import type { Authorizer } from '#local/iam/authorize.ts';
import { startSqs } from '#local/sqs/server.ts';
import { openQueueStore } from '#local/sqs/store.ts';

const queue = {
  name: 'cleanup',
  arn: 'arn:aws:sqs:eu-central-1:000000000000:cleanup',
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 3600,
  maxMessageBytes: 262_144,
};

/** What roles may do is tested elsewhere. */
const everybody: Authorizer = {
  credentialsOf: () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
  isAllowed: () => true,
  functionMay: () => true,
  functionOf: () => undefined,
};

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
    const dir = mkdtempSync(join(tmpdir(), 'stowage-sqs-'));
    const store = openQueueStore(dir);
    const sqs = await startSqs({ queues: [queue], store, authorizer: everybody, host: '127.0.0.1', port: 0 });
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.endpoint);
    const client = new SQSClient({});
    try {
      const QueueUrl = `${sqs.endpoint}/000000000000/cleanup`;
      await createCleanupQueue({ queueUrl: QueueUrl }).send({ type: 'file.delete', fileId: '0123' });
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      expect(Messages.map(({ Body }) => JSON.parse(Body ?? ''))).toEqual([{ type: 'file.delete', fileId: '0123' }]);
    } finally {
      client.destroy();
      await sqs.close();
      store.close();
      rmSync(dir, { recursive: true });
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

  const message = { type: 'file.delete', fileId: '0123' } as const;
  const send = () => createCleanupQueue({ queueUrl }).send(message);

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

  it.each([
    ['never answers', () => {}],
    [
      'sends headers and stalls',
      (response: ServerResponse) => response.writeHead(200, { 'content-length': 9 }).flushHeaders(),
    ],
  ])('because it %s is tried twice and given up, so that the caller can do the work itself', async (_, how) => {
    answer = how;
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
    expect(requests).toBe(2);
  });

  it('at the first try, and does at the second, has it', async () => {
    answer = (response) => {
      const MD5OfMessageBody = createHash('md5').update(JSON.stringify(message)).digest('hex');
      if (requests > 1) response.end(JSON.stringify({ MessageId: '1', MD5OfMessageBody }));
    };
    await send();
    expect(requests).toBe(2);
  });

  it('is not called by whoever has no time left', async () => {
    const late = createCleanupQueue({ queueUrl, remainingMs: () => 0 });
    await expect(late.send(message)).rejects.toBeInstanceOf(QueueUnavailableError);
    expect(requests).toBe(0);
  });

  it('because nobody listens is reported', async () => {
    server.close();
    await expect(send()).rejects.toBeInstanceOf(QueueUnavailableError);
  });
});
