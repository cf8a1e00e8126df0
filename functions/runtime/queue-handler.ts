import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { measure } from './invocation.ts';
import { describeError, log } from './log.ts';

/**
 * A Lambda handler for a queue: each message on its own, failed ones named in a partial batch response so that only
 * they come again (the mapping sets ReportBatchItemFailures). `handle` must be safe to run twice, late or out of order.
 */
export function queueHandler(handle: (body: unknown) => Promise<void>) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failures = await Promise.all(
      event.Records.map(async (record) => {
        try {
          await handle(JSON.parse(record.body));
          return [];
        } catch (error) {
          measure('WorkFailures');
          log('ERROR', 'message failed', { messageId: record.messageId, error: describeError(error) });
          return [{ itemIdentifier: record.messageId }];
        }
      }),
    );
    return { batchItemFailures: failures.flat() };
  };
}
