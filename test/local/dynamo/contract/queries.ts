import { DeleteCommand, QueryCommand, type QueryCommandInput, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, expect, it } from 'vitest';
import { type Fixture, putAll, refusal } from './fixture.ts';

/** Queries and scans: indexes, order, filters and pages. */
export function describeQueries(fixture: () => Fixture): void {
  const items = Array.from({ length: 24 }, (_, position) => ({
    pk: 'list',
    sk: `s${String(position).padStart(2, '0')}`,
    owner: 'lister',
    rank: (position % 8) * 7 - 20,
    label: `l${String(99 - position)}`,
    note: `n${position}`,
    ...(position % 3 === 0 && { flag: true }),
  }));
  beforeAll(() => putAll(fixture(), items));

  const query = async (input: Omit<QueryCommandInput, 'TableName'>) => {
    const { client, tableName: TableName } = fixture();
    return client.send(new QueryCommand({ TableName, ...input }));
  };
  const byOwner = (owner = 'lister') => ({
    KeyConditionExpression: '#owner = :owner',
    ExpressionAttributeNames: { '#owner': 'owner' },
    ExpressionAttributeValues: { ':owner': owner },
  });
  const pages = async (input: Omit<QueryCommandInput, 'TableName'>) => {
    const found: Record<string, unknown>[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    let rounds = 0;
    do {
      const page = await query({ ...input, ExclusiveStartKey });
      found.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
      rounds++;
    } while (ExclusiveStartKey);
    return { found, rounds };
  };
  const names = (list: Record<string, unknown>[] | undefined) => list?.map(({ sk }) => sk);
  const ordered = items.map(({ sk }) => sk);

  it('lists an index in the order of its range key, either way', async () => {
    const forward = await query({ IndexName: 'by_label', ...byOwner() });
    expect(names(forward.Items)).toEqual([...ordered].reverse());
    const backward = await query({ IndexName: 'by_label', ...byOwner(), ScanIndexForward: false });
    expect(names(backward.Items)).toEqual(ordered);
  });

  it.each([1, 5, 24, 25])('pages through an index %i at a time without losing or repeating an item', async (Limit) => {
    for (const ScanIndexForward of [true, false]) {
      const { found } = await pages({ IndexName: 'by_rank', ...byOwner(), Limit, ScanIndexForward });
      expect(found).toHaveLength(items.length);
      expect(new Set(names(found))).toEqual(new Set(ordered));
      const ranks = found.map(({ rank }) => Number(rank));
      expect(ranks).toEqual([...ranks].sort((a, b) => (ScanIndexForward ? a - b : b - a)));
    }
  });

  it('pages through an index whose items all share one key', async () => {
    const { found } = await pages({ IndexName: 'by_owner', ...byOwner(), Limit: 5 });
    expect(names(found)?.sort()).toEqual(ordered);
  });

  it('gives of an index what it projects', async () => {
    const [keysOnly] = (await query({ IndexName: 'by_rank', ...byOwner(), Limit: 1 })).Items ?? [];
    expect(Object.keys(keysOnly ?? {}).sort()).toEqual(['owner', 'pk', 'rank', 'sk']);
    const [included] = (await query({ IndexName: 'by_owner', ...byOwner(), Limit: 1 })).Items ?? [];
    expect(Object.keys(included ?? {}).sort()).toEqual(['note', 'owner', 'pk', 'sk']);
    const [whole] = (await query({ IndexName: 'by_label', ...byOwner(), Limit: 1 })).Items ?? [];
    expect(whole).toEqual(items.at(-1));
  });

  it('compares range keys as numbers and as prefixes', async () => {
    const between = await query({
      IndexName: 'by_rank',
      KeyConditionExpression: '#owner = :owner AND #rank BETWEEN :low AND :high',
      ExpressionAttributeNames: { '#owner': 'owner', '#rank': 'rank' },
      ExpressionAttributeValues: { ':owner': 'lister', ':low': -6, ':high': 8 },
      Select: 'COUNT',
    });
    expect(between).toMatchObject({ Count: 9, ScannedCount: 9 });
    const prefix = await query({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': 'list', ':prefix': 's1' },
    });
    expect(names(prefix.Items)).toEqual(ordered.slice(10, 20));
  });

  it('filters after reading, so a page counts what was read and what was kept', async () => {
    const input = {
      IndexName: 'by_label',
      ...byOwner(),
      FilterExpression: 'attribute_exists(flag) AND note <> :zero',
      ExpressionAttributeValues: { ':owner': 'lister', ':zero': 'n0' },
    };
    const page = await query({ ...input, Limit: 6, ScanIndexForward: false, ProjectionExpression: 'note' });
    expect(page).toMatchObject({ Count: 1, ScannedCount: 6, Items: [{ note: 'n3' }] });
    expect(page.LastEvaluatedKey).toEqual({ pk: 'list', sk: 's05', owner: 'lister', label: 'l94' });
    const count = await query({ ...input, Select: 'COUNT' });
    expect(count).toMatchObject({ Count: 7, ScannedCount: 24 });
    expect(count.Items).toBeUndefined();
  });

  it('lists an item in an index only while it has the index key', async () => {
    const { client, tableName: TableName } = fixture();
    const Key = { pk: 'sparse', sk: 'a' };
    const listed = async () => names((await query({ IndexName: 'by_label', ...byOwner('sparse') })).Items);
    await putAll(fixture(), [{ ...Key, owner: 'sparse' }]);
    expect(await listed()).toEqual([]);
    const update = (UpdateExpression: string) =>
      client.send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression,
          ...(UpdateExpression.includes(':l') && { ExpressionAttributeValues: { ':l': 'x' } }),
        }),
      );
    await update('SET label = :l');
    expect(await listed()).toEqual(['a']);
    await update('REMOVE label');
    expect(await listed()).toEqual([]);
    await update('SET label = :l');
    await client.send(new DeleteCommand({ TableName, Key }));
    expect(await listed()).toEqual([]);
  });

  it('refuses a consistent read of a global index', async () => {
    const read = query({ IndexName: 'by_label', ...byOwner(), ConsistentRead: true });
    expect((await refusal(read)).name).toBe('ValidationException');
  });

  it('finds every item once across the segments of a scan', async () => {
    const { client, tableName: TableName } = fixture();
    await putAll(
      fixture(),
      Array.from({ length: 20 }, (_, position) => ({ pk: `scan${position}`, sk: 'scan' })),
    );
    const found: unknown[] = [];
    for (const Segment of [0, 1, 2]) {
      let ExclusiveStartKey: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({
            TableName,
            Segment,
            TotalSegments: 3,
            Limit: 7,
            ExclusiveStartKey,
            FilterExpression: 'sk = :scan',
            ExpressionAttributeValues: { ':scan': 'scan' },
          }),
        );
        found.push(...(page.Items ?? []).map(({ pk }) => pk));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
    }
    expect(found.sort()).toEqual(Array.from({ length: 20 }, (_, position) => `scan${position}`).sort());
  });
}
