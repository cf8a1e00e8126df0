/** Everything a one-machine cloud holds, and whether it adds up: what must be true whenever nobody is at work. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { attributesOf, countersIn, usageIn } from '#adapters/dynamo/counters.ts';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import type { ClaimRecord } from '#core/extensions/claims/claim-record.ts';
import { markerPrefix } from '#core/files/ids.ts';
import { type CounterRef, countersOf, type ExtensionFile, holderOf } from '#core/files/record.ts';
import type { DevFile } from '#local/cloud.ts';

export interface Everything {
  files: ExtensionFile[];
  claims: ClaimRecord[];
  counters: Map<string, { usedBytes: number; fileCount: number }>;
  /** Keys and sizes of files, without the mark of the table the bucket belongs to. */
  objects: Map<string, number>;
}

export async function readAll({ dynamodb, r2 }: DevFile): Promise<Everything> {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const client = new DynamoDBClient({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials });
  const items: Record<string, unknown>[] = [];
  const documents = DynamoDBDocumentClient.from(client);
  for await (const { Items = [] } of paginateScan({ client: documents }, { TableName: dynamodb.tableName }))
    items.push(...Items);
  client.destroy();
  const lister = createObjectLister({
    endpoint: r2.endpoint,
    buckets: { default: r2.bucket },
    credentials: async () => r2,
  });
  const objects = new Map<string, number>();
  for (let after: string | undefined; ; ) {
    const page = await lister.list('default', { ...(after !== undefined && { after }) });
    for (const { key, sizeBytes } of page.objects) if (!key.startsWith(markerPrefix)) objects.set(key, sizeBytes);
    if (page.next === undefined) break;
    after = page.next;
  }
  const of = (sk: string) => items.filter((item) => item.sk === sk);
  return {
    files: of('FILE') as unknown as ExtensionFile[],
    claims: of('CLAIM') as unknown as ClaimRecord[],
    counters: new Map(
      of('COUNTER').flatMap((item) => countersIn(item).map((counter) => [nameOf(counter), usageIn(counter, item)])),
    ),
    objects,
  };
}

const nameOf = (counter: CounterRef) => `${counterKey(counter).pk} ${attributesOf(counter).used}`;

/** What does not add up: counters and their records, records and their objects, claims and what they hold. */
export function brokenTotals({ files, claims, counters, objects }: Everything): string[] {
  const sums = new Map([...counters.keys()].map((name) => [name, { usedBytes: 0, fileCount: 0 }]));
  for (const file of files.filter(({ state }) => state !== 'deleting')) {
    for (const name of countersOf(file).map(nameOf)) {
      const sum = sums.get(name) ?? { usedBytes: 0, fileCount: 0 };
      sums.set(name, { usedBytes: sum.usedBytes + file.sizeBytes, fileCount: sum.fileCount + 1 });
    }
  }
  const drifted = [...sums].filter(([name, sum]) => JSON.stringify(sum) !== JSON.stringify(counters.get(name)));
  const byId = new Map(files.map((file) => [file.id, file]));
  const known = new Set(files.map(({ key }) => key));
  const halves = claims
    .filter(({ state }) => state === 'claimed')
    .flatMap(({ id, target, fileIds }) =>
      fileIds.flatMap((fileId) => {
        const file = byId.get(fileId);
        if (file?.state !== 'ready') return [];
        const holder = holderOf(file);
        return holder?.type === target.type && holder.id === target.id ? [] : [`claim ${id} does not hold ${fileId}`];
      }),
    );
  return [
    ...drifted.map(
      ([pk, sum]) => `${pk} counts ${JSON.stringify(counters.get(pk))}, its records ${JSON.stringify(sum)}`,
    ),
    ...files
      .filter(({ state, key, sizeBytes }) => state === 'ready' && objects.get(key) !== sizeBytes)
      .map(({ id }) => `file ${id} is ready without its bytes`),
    ...[...objects.keys()].filter((key) => !known.has(key)).map((key) => `object ${key} has no record`),
    ...halves,
  ];
}
