import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { translateOutage } from './outages.ts';

export interface Table {
  documents: DynamoDBDocumentClient;
  name: string;
}

/**
 * The table behind the document client. The SDK reads region, credentials and endpoint from its standard environment,
 * as Lambda and the one-machine cloud both set it. Time-outs are short: a call that hangs would otherwise use up the
 * function's 29 seconds. A table that stays away through all tries is `temporarily_unavailable`.
 */
export function openTable(
  name: string,
  options: { endpoint?: string; credentials?: { accessKeyId: string; secretAccessKey: string }; region?: string } = {},
): Table {
  const client = new DynamoDBClient({
    ...options,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000 },
  });
  client.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: unknown) => {
        throw translateOutage(error);
      }),
    // Around the SDK's own tries, so that it hears of the last failure only.
    { step: 'initialize', name: 'translateOutage' },
  );
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return { documents, name };
}
