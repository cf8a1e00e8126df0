import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { describeError, log } from './log.ts';

/**
 * A Lambda handler for the table's stream, filtered to expiry tickets that TTL removed. One after the other: the
 * lowest failed sequence number is where Lambda begins again, and what came after it is delivered once more. `handle`
 * must be safe to run twice or late.
 */
export function expiryHandler(handle: (fileId: string) => Promise<void>) {
  return async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    for (const { dynamodb } of event.Records) {
      const fileId = dynamodb?.Keys?.pk?.S?.replace(/^FILE#/, '') ?? '';
      try {
        await handle(fileId);
      } catch (error) {
        log('ERROR', 'expiry failed', { fileId, error: describeError(error) });
        return { batchItemFailures: [{ itemIdentifier: dynamodb?.SequenceNumber ?? '' }] };
      }
    }
    return { batchItemFailures: [] };
  };
}
