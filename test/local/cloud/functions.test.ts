import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endTestCloud, startTestCloud, type TestCloud } from './app.ts';

let cloud: TestCloud;
beforeAll(async () => {
  process.env.STOWAGE_TEST_LEAK = 'from the outside';
  cloud = await startTestCloud();
});
afterAll(() => endTestCloud(cloud));

const get = (path: string) => fetch(cloud.baseUrl + path);
const json = async <T = Record<string, string>>(path: string) => (await (await get(path)).json()) as T;
const probe = () => cloud.model.functions.find(({ logicalId }) => logicalId.startsWith('Probe'))?.name ?? '';

describe('an instance', () => {
  it('sees the template’s variables and what Lambda sets, and nothing of ours but PATH', async () => {
    const { env } = await json<{ env: Record<string, string> }>('/do/env');
    const allowed = /^(AWS_|LAMBDA_|_HANDLER$|PATH$|TZ$|LANG$|RECORD_FILE$|QUEUE_URL$)/;
    expect(Object.keys(env).filter((name) => !allowed.test(name))).toEqual([]);
    expect(env).toMatchObject({
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_REGION: 'us-east-1',
      _HANDLER: 'index.handler',
    });
    expect(env.QUEUE_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/probe-Queue/);
  });

  it('gets a context with its deadline, name and size', async () => {
    const context = await json<Record<string, unknown>>('/do/context');
    expect(context).toMatchObject({ name: probe(), memory: '128' });
    expect(context.arn).toBe(`arn:aws:lambda:us-east-1:000000000000:function:${probe()}`);
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(2000);
  });

  it('is used again, and runs one request at a time while others run beside it', async () => {
    const first = await json('/do/pid');
    expect(await json('/do/pid')).toEqual(first);
    const answers = await Promise.all([1, 2, 3, 4].map(() => json<{ pid: number; most: number }>('/do/slow-pid')));
    // On a slow machine an instance may be free again before the last one has started.
    expect(new Set(answers.map(({ pid }) => pid)).size).toBeGreaterThan(1);
    expect(answers.map(({ most }) => most)).toEqual([1, 1, 1, 1]);
  });

  it('survives a handler that throws', async () => {
    const before = await json('/do/pid');
    const response = await get('/do/throw');
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    expect(await json('/do/pid')).toEqual(before);
  });

  it.each(['exit', 'reject', 'hang', 'memory'])(
    'is replaced after %s, and its caller is told nothing more than 500',
    async (how) => {
      const before = await json('/do/pid');
      const response = await get(`/do/${how}`);
      expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
      const after = await json('/do/pid');
      expect(after.pid).not.toBe(before.pid);
    },
  );

  it('leaves what it printed in the log of its function', async () => {
    await get('/do/throw');
    const file = path.join(cloud.dir, 'logs', `${probe()}.log`);
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('TypeError: on purpose');
  });

  it('tells how much memory it took', async () => {
    await json('/do/pid');
    const bytes = cloud.functions.peakRssBytes()[probe()] ?? 0;
    expect(bytes).toBeGreaterThan(process.platform === 'linux' ? 20_000_000 : -1);
  });
});

describe('a layer', () => {
  it('brings its packages, for import and require', async () => {
    const { version } = JSON.parse(readFileSync('node_modules/sharp/package.json', 'utf8'));
    expect(await json('/with-layer')).toEqual({ imported: version, required: version });
  });

  it('is missed by a function that does not have it, though this repository has the package', async () => {
    expect((await get('/without-layer')).status).toBe(500);
    const name = cloud.model.functions.find(({ logicalId }) => logicalId.startsWith('WithoutLayer'))?.name;
    const log = () => readFileSync(path.join(cloud.dir, 'logs', `${name}.log`), 'utf8');
    await expect.poll(log).toContain("Cannot find package 'sharp'");
  });
});

describe('a pool', () => {
  it('starts no more instances than it may, and lets the rest wait', async () => {
    const small = await startTestCloud({ maxInstancesPerFunction: 2 });
    try {
      const calls = [1, 2, 3, 4, 5].map(async () => (await fetch(`${small.baseUrl}/do/slow-pid`)).json());
      const pids = (await Promise.all(calls)) as { pid: number }[];
      expect(new Set(pids.map(({ pid }) => pid)).size).toBe(2);
    } finally {
      await endTestCloud(small);
    }
  });

  it('freezes instances after their answer when told to, and they go on with what was left at the next event', async () => {
    const frozen = await startTestCloud({ freeze: true });
    const late = () => (frozen.recorded() as { late?: string }[]).flatMap((record) => record.late ?? []);
    try {
      await fetch(`${frozen.baseUrl}/do/later?id=first`);
      await sleep(300);
      expect(late()).toEqual([]);
      const pid = () => fetch(`${frozen.baseUrl}/do/slow-pid`).then((answer) => answer.json());
      await pid();
      expect(late()).toEqual(['first']);
    } finally {
      await endTestCloud(frozen);
    }
  });

  it('gives back soon what a burst has started, and keeps one', async () => {
    const burst = await startTestCloud({ idleMs: 5_000 });
    try {
      const name = burst.model.functions.find(({ logicalId }) => logicalId.startsWith('Probe'))?.name ?? '';
      await Promise.all([1, 2, 3, 4].map(() => fetch(`${burst.baseUrl}/do/slow-pid`)));
      expect(burst.functions.instanceCount(name)).toBeGreaterThan(1);
      await expect.poll(() => burst.functions.instanceCount(name)).toBe(1);
    } finally {
      await endTestCloud(burst);
    }
  });

  it('ends instances nobody needs', async () => {
    const brief = await startTestCloud({ idleMs: 50 });
    try {
      const name = brief.model.functions.find(({ logicalId }) => logicalId.startsWith('Probe'))?.name ?? '';
      await fetch(`${brief.baseUrl}/do/pid`);
      await expect.poll(() => brief.functions.instanceCount(name)).toBe(0);
      expect((await fetch(`${brief.baseUrl}/do/pid`)).status).toBe(200);
    } finally {
      await endTestCloud(brief);
    }
  });
});

describe('grants', () => {
  const call = (service: string, target: string, body: object) => {
    const query = new URLSearchParams({ service, target, body: JSON.stringify(body) });
    return json<{ status: number; body: { __type: string } }>(`/do/aws?${query}`);
  };

  it('let a function do what its role allows', async () => {
    const Key = { pk: { S: 'none' } };
    const read = await call('dynamodb', 'DynamoDB_20120810.GetItem', { TableName: cloud.tableName, Key });
    expect(read.status).toBe(200);
    const QueueUrl = `http://x/${cloud.queueName('Queue')}`;
    const sent = await call('sqs', 'AmazonSQS.SendMessage', { QueueUrl, MessageBody: '{"type":"other"}' });
    expect(sent.status).toBe(200);
  });

  it('refuse every other action, table and queue', async () => {
    const Item = { pk: { S: 'x' } };
    const written = await call('dynamodb', 'DynamoDB_20120810.PutItem', { TableName: cloud.tableName, Item });
    expect(written).toMatchObject({ status: 400, body: { __type: expect.stringContaining('AccessDenied') } });
    const query = {
      IndexName: 'by-kind',
      KeyConditionExpression: 'kind = :k',
      ExpressionAttributeValues: { ':k': { S: '' } },
    };
    const listed = await call('dynamodb', 'DynamoDB_20120810.Query', { TableName: cloud.tableName, ...query });
    expect(listed.body.__type).toContain('AccessDenied');
    const QueueUrl = `http://x/${cloud.queueName('DeadLetters')}`;
    const sent = await call('sqs', 'AmazonSQS.SendMessage', { QueueUrl, MessageBody: '{}' });
    expect(sent).toMatchObject({ status: 403, body: { __type: expect.stringContaining('AccessDenied') } });
    const read = await call('secrets_manager', 'secretsmanager.GetSecretValue', { SecretId: 'any' });
    expect(read.body.__type).toContain('AccessDenied');
  });
});
