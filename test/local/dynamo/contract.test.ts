import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { startDynamo } from '#local/dynamo/server.ts';
import { startDynamoDbLocal } from '#test/support/dynamodb-local.ts';
import { type Fixture, prepare } from './contract/fixture.ts';
import { describeQueries } from './contract/queries.ts';
import { describeTransactions } from './contract/transactions.ts';
import { describeWrites } from './contract/writes.ts';

/** One suite, two servers: where they disagree, ours is wrong. */
// On disk, where reads and writes take turns with other requests; in memory they hardly ever do.
const folder = await mkdtemp(path.join(tmpdir(), 'stowage-dynamo-'));
const ours = await startDynamo({ dir: folder });
const real = await startDynamoDbLocal();

const servers = [
  { name: 'the DynamoDB of this repository', server: ours },
  { name: 'DynamoDB Local', server: real },
];

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(servers)('$name', ({ server }) => {
  if (!server) {
    describe.skip('is not here: it needs Java and the npm registry');
    return;
  }
  let fixture: Fixture | undefined;
  const prepared = () => {
    if (!fixture) throw new Error('not prepared');
    return fixture;
  };
  beforeAll(async () => {
    fixture = await prepare(server.endpoint);
  });
  afterAll(async () => {
    fixture?.client.destroy();
    await server.close();
  });
  describe('writes', () => describeWrites(prepared));
  describe('queries', () => describeQueries(prepared));
  describe('transactions', () => describeTransactions(prepared));
});
