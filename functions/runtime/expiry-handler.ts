import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { measure } from './invocation.ts';
import { describeError, log } from './log.ts';

/**
 * A Lambda handler for the table's stream, filtered to expiry tickets that TTL removed. The lowest failed sequence
 * number is where Lambda begins again, with everything after it, and where it gives up in the end, with everything after
 * it: so those after a failed one are handled all the same, each time. `prepare` is told of all of them first, and may
 * fail: `handle` does not need it, and must be safe to run twice or late.
 */
export function expiryHandler(
  handle: (fileId: string) => Promise<void>,
  prepare: (fileIds: string[]) => Promise<void> = async () => undefined,
) {
  return async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const batchItemFailures: DynamoDBBatchResponse['batchItemFailures'] = [];
    const rung = event.Records.map(({ dynamodb }) => ({
      dynamodb,
      fileId: dynamodb?.Keys?.pk?.S?.replace(/^FILE#/, '') ?? '',
    }));
    await prepare(rung.map(({ fileId }) => fileId)).catch((error: unknown) =>
      log('WARN', 'expiry goes one by one', { error: describeError(error) }),
    );
    for (const { dynamodb, fileId } of rung) {
      try {
        await handle(fileId);
      } catch (error) {
        measure('WorkFailures');
        log('ERROR', 'expiry failed', { fileId, error: describeError(error) });
        batchItemFailures.push({ itemIdentifier: dynamodb?.SequenceNumber ?? '' });
      }
    }
    return { batchItemFailures };
  };
}
