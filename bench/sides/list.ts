import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { asked, cpuOf } from '../support/sides.ts';

/** One side of `bench/list.ts`: CPU milliseconds of each list. */
export interface Asked {
  side: 'handler' | 'query';
  rounds: number;
  file: string;
  event: object;
  query: { TableName: string; IndexName: string; pk: string; value: string };
}

const { side, rounds, file, event, query } = asked<Asked>();

async function handler(): Promise<() => Promise<unknown>> {
  const { handler: handle } = (await import(file)) as { handler: (event: object, context: object) => Promise<unknown> };
  return async () => {
    const context = { awsRequestId: crypto.randomUUID(), getRemainingTimeInMillis: () => 29_000 };
    const { statusCode, body } = (await handle(structuredClone(event), context)) as {
      statusCode: number;
      body: string;
    };
    if (statusCode !== 200) throw new Error(`The list answered ${statusCode} ${body}`);
  };
}

/** The one query of such a list by itself. */
function bare(): () => Promise<unknown> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const { pk, value, ...table } = query;
  const command = {
    ...table,
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': pk },
    ExpressionAttributeValues: { ':pk': value },
    ScanIndexForward: false,
    Limit: 50,
  };
  return async () => {
    const { Count = 0 } = await client.send(new QueryCommand(command));
    if (Count !== 50) throw new Error(`The query found ${Count}`);
  };
}

const work = side === 'handler' ? await handler() : bare();
const cpuMs: number[] = [];
for (let round = -100; round < rounds; round += 1) {
  const spent = await cpuOf(work);
  if (round >= 0) cpuMs.push(spent);
}
await new Promise<void>((resolve) => process.stdout.write(`\n${JSON.stringify(cpuMs)}`, () => resolve()));
process.exit();
