import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { asked, cpuOf, serveRounds } from '../support/sides.ts';

/** One side of `bench/list.ts`: CPU milliseconds of a list. */
export interface Asked {
  /** `first` lists sign every link, `again` shows those of a list before in the same window. */
  side: 'again' | 'first' | 'query';
  file: string;
  event: object;
  query: { TableName: string; IndexName: string; pk: string; value: string };
}

const { side, file, event, query } = asked<Asked>();

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

/** Puts the clock now before the end of a window of stable links, now behind it, too near for anything else to expire. */
function alternateWindows(): () => void {
  const [real, windowMs] = [Date, 300_000];
  const boundary = Math.ceil(real.now() / windowMs) * windowMs;
  let now = real.now();
  globalThis.Date = class extends real {
    static override now = () => now;
    constructor(...given: [] | [number]) {
      super(given.length === 0 ? now : given[0]);
    }
  } as DateConstructor;
  return () => {
    now = now < boundary ? boundary + 1000 : boundary - 1000;
  };
}

const work = side === 'query' ? bare() : await handler();
const turn = side === 'first' ? alternateWindows() : () => {};
serveRounds(async () => {
  turn();
  return await cpuOf(work);
});
