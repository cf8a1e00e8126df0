import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Dynamo, startDynamo } from '#local/dynamo/server.ts';
import { connect, prepare, tableDefinition } from './contract/fixture.ts';

/** Kills the server's process amid writes and looks at what the folder holds after. */
const TableName = 'contract';
let dir = '';
const opened: (ChildProcess | Dynamo)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'stowage-dynamo-'));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await ('close' in one ? one.close() : kill(one));
  await rm(dir, { recursive: true, force: true });
});

async function spawnServer(...mode: string[]) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'child.ts'), dir, ...mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  opened.push(child);
  const [line] = await once(child.stdout, 'data');
  return { child, endpoint: String(line).trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function reopen(options = {}): Promise<{ server: Dynamo; client: DynamoDBDocumentClient }> {
  const server = await startDynamo({ dir, ...options });
  opened.push(server);
  return { server, client: connect(server.endpoint) };
}

async function all(client: DynamoDBDocumentClient, name: string, value: string, IndexName?: string) {
  const items: Record<string, unknown>[] = [];
  const input = {
    TableName,
    ...(IndexName && { IndexName }),
    KeyConditionExpression: '#name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':value': value },
  };
  for await (const page of paginateQuery({ client }, input)) items.push(...(page.Items ?? []));
  return items;
}

const add = (pk: string, n: number) => ({
  Update: {
    TableName,
    Key: { pk, sk: 'a' },
    UpdateExpression: 'ADD n :n',
    ExpressionAttributeValues: { ':n': n },
  },
});
/** Further records of each transaction, so that most of the time one is under way. */
const copies = [1, 2, 3, 4, 5, 6, 7];
const record = (worker: number, position: number) => {
  const sk = `${worker}-${position}`;
  return { pk: 'records', sk, owner: 'me', label: sk, rank: position, note: 'x'.repeat(500) };
};

/** Transfers money and writes records with their counter until the server is gone; answers what was acknowledged. */
async function writeUntilDead(client: DynamoDBDocumentClient, worker: number, seen: (position: number) => void) {
  const acknowledged: string[] = [];
  for (let position = 0; ; position++) {
    const { pk, ...single } = record(worker, position);
    try {
      await client.send(
        new TransactWriteCommand({
          TransactItems: [
            add('left', -1),
            { Put: { TableName, Item: { pk, ...single } } },
            add('right', 1),
            ...copies.map((copy) => ({ Put: { TableName, Item: { pk, ...single, sk: `${single.sk}-${copy}` } } })),
            add('counter', 1 + copies.length),
          ],
        }),
      );
      acknowledged.push(single.sk);
      await client.send(new PutCommand({ TableName, Item: { pk: 'singles', ...single, owner: 'single' } }));
    } catch {
      return acknowledged;
    }
    seen(position);
  }
}

it.each([1, 2, 3, 4])(
  'keeps transactions and index entries whole when the process is killed amid them (%i)',
  async (round) => {
    const { child, endpoint } = await spawnServer();
    const { client } = await prepare(endpoint);
    let seen = 0;
    const due = new Promise<void>((resolve) => {
      const count = () => {
        if (++seen === 30 * round) resolve();
      };
      Promise.all([0, 1, 2, 3].map((worker) => writeUntilDead(client, worker, count))).then((lists) => {
        acknowledged = lists.flat();
      });
    });
    let acknowledged: string[] | undefined;
    await due;
    await kill(child);
    await expect.poll(() => acknowledged).toBeDefined();

    const { client: after } = await reopen();
    const n = async (pk: string) =>
      Number((await after.send(new GetCommand({ TableName, Key: { pk, sk: 'a' } }))).Item?.n ?? 0);
    const records = await all(after, 'pk', 'records');
    expect(await n('left')).toBe(-(await n('right')));
    expect(await n('counter')).toBe(records.length);
    expect(await n('counter')).toBe((1 + copies.length) * (await n('right')));
    const kept = new Set(records.map(({ sk }) => sk));
    expect(
      (acknowledged ?? []).filter((sk) => !kept.has(sk) || !copies.every((copy) => kept.has(`${sk}-${copy}`))),
    ).toEqual([]);
    const singles = await all(after, 'pk', 'singles');
    for (const [owner, items] of [
      ['me', records],
      ['single', singles],
    ] as const) {
      for (const index of ['by_label', 'by_rank', 'by_owner']) {
        const keys = (await all(after, 'owner', owner, index)).map(({ sk }) => sk).sort();
        expect(keys).toEqual(items.map(({ sk }) => sk).sort());
      }
    }
  },
);

it('does a transaction once when its answer was lost with the process and the client asks again', async () => {
  const { child, endpoint } = await spawnServer();
  const { client } = await prepare(endpoint);
  const send = (to: DynamoDBDocumentClient, token: string) =>
    to.send(new TransactWriteCommand({ TransactItems: [add('once', 1)], ClientRequestToken: token }));
  const tokens = Array.from({ length: 40 }, (_, position) => `token-${position}`);
  let done = 0;
  const sent = Promise.allSettled(tokens.map((token) => send(client, token).then(() => done++)));
  await expect.poll(() => done).toBeGreaterThan(0);
  await kill(child);
  await sent;

  const { client: after } = await reopen();
  await Promise.all(tokens.map((token) => send(after, token)));
  const { Item } = await after.send(new GetCommand({ TableName, Key: { pk: 'once', sk: 'a' } }));
  expect(Item).toMatchObject({ n: tokens.length });
});

it('tells a TTL removal after the next start when the process died telling it', async () => {
  const { child, endpoint } = await spawnServer('die-telling');
  const { client } = await prepare(endpoint);
  const old = Math.floor(Date.now() / 1000) - 60;
  await client.send(new PutCommand({ TableName, Item: { pk: 'ticket', sk: 'a', expires: old } }));
  await kill(child);

  const define = { ...structuredClone(tableDefinition), TableName } as never as { TableName: string };
  const ttl = { TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } };
  const first = await startDynamo({ dir });
  await first.createTable({ ...define, ...ttl } as never);
  await first.close();

  const dying = await spawnServer('die-telling');
  const ended = once(dying.child, 'exit');
  dying.child.stdin?.write('sweep\n');
  expect(await ended).toEqual([null, 'SIGKILL']);

  const told: unknown[] = [];
  const { client: after, server } = await reopen({ onTtlRemoval: (one: unknown) => void told.push(one) });
  await expect.poll(() => told).toHaveLength(1);
  expect(told[0]).toMatchObject({ eventName: 'REMOVE', dynamodb: { Keys: { pk: { S: 'ticket' } } } });
  expect((await after.send(new GetCommand({ TableName, Key: { pk: 'ticket', sk: 'a' } }))).Item).toBeUndefined();
  expect(await server.sweepTtl()).toBe(0);
  expect(told).toHaveLength(1);
});
