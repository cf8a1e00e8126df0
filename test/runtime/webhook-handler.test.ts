import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { envNames } from '#runtime/env-names.ts';
import type { Webhook } from '#runtime/webhook-handler.ts';

/** What the stand-in of Secrets Manager has, by name, and what a receiver was posted. */
let secrets: Record<string, string>;
let posted: string[];
let servers: Server[];
let url: string;

const rightSecret = `whsec_${Buffer.from('a'.repeat(32)).toString('base64')}`;

beforeAll(async () => {
  const manager = createServer(async (request, response) => {
    const { SecretId: id } = JSON.parse(await textOf(request)) as { SecretId: string };
    const found = secrets[id];
    response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    const missing = {
      __type: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    };
    response.end(JSON.stringify(found === undefined ? missing : { SecretString: found }));
  });
  const receiver = createServer(async (request, response) => {
    posted.push(await textOf(request));
    response.writeHead(204).end();
  });
  servers = [manager, receiver];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `${addressOf(receiver)}/hook`;
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', addressOf(manager));
  vi.stubEnv(envNames.webhookLoopback, '1');
  // The environment is read once, and a suite before this one may have had it read.
  vi.resetModules();
});
afterAll(() => {
  for (const server of servers) server.close();
  vi.unstubAllEnvs();
  vi.resetModules();
});
beforeEach(() => {
  secrets = {};
  posted = [];
});

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Gives the worker one message at this try; answers what it said of it, what it hid it for and what it logged. */
async function receive(secretName: string, attempt: number) {
  const { deliverWebhook } = await import('#runtime/container-events.ts');
  const { webhookHandler } = await import('#runtime/webhook-handler.ts');
  const webhook: Webhook = { queueArn: 'arn:hooks', queueUrl: 'https://sqs.test/hooks', url, secretName };
  const pauses: number[] = [];
  const handler = webhookHandler({
    webhooks: () => [webhook],
    deliver: deliverWebhook,
    postpone: async (_, seconds) => void pauses.push(seconds),
  });
  const record = {
    ...{ messageId: 'message-1', receiptHandle: 'receipt-1', eventSourceARN: 'arn:hooks' },
    ...{ body: '{"id":"evt_1"}', attributes: { ApproximateReceiveCount: String(attempt) } },
  };
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const { batchItemFailures } = await handler({ Records: [record] } as unknown as SQSEvent);
  write.mockRestore();
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { isTaken: batchItemFailures.length === 0, pauses, told };
}

describe('a message whose secret', () => {
  test.each([
    ['is missing', 'missing', undefined, /can't find/],
    ['is of another form', 'malformed', '{"secret":"hush"}', /must be "whsec_"/],
    ['is one of three', 'three', [1, 2, 3].map(() => rightSecret).join(' '), /Two secrets/],
  ])(
    '%s is hidden for as long as one that was refused, so that there are hours to mend it',
    async (_, name, value, why) => {
      if (value !== undefined) secrets[name] = value;
      for (const [attempt, least] of [
        [1, 10],
        [4, 270],
        [11, 10_800],
      ] as const) {
        const { isTaken, pauses, told } = await receive(name, attempt);
        expect(isTaken).toBe(false);
        expect(pauses).toHaveLength(1);
        expect(pauses[0]).toBeGreaterThanOrEqual(least);
        expect(told).toMatchObject([{ level: 'ERROR', message: 'webhook not taken', eventId: 'evt_1', attempt }]);
        expect(told[0]?.reason).toMatch(/^secret not readable: /);
        expect(told[0]?.reason).toMatch(why);
        expect(JSON.stringify(told)).not.toMatch(/hush|YWFh/);
      }
      expect(posted).toEqual([]);
    },
  );

  test('fails at its last try is a dead letter at once, and holds up no later event of its file', async () => {
    expect(await receive('missing', 12)).toMatchObject({ isTaken: false, pauses: [0] });
  });

  test('is put right is sent at its next try', async () => {
    expect((await receive('mended', 1)).isTaken).toBe(false);
    secrets.mended = rightSecret;
    expect(await receive('mended', 2)).toEqual({ isTaken: true, pauses: [], told: [] });
    expect(posted).toEqual(['{"id":"evt_1"}']);
  });
});
