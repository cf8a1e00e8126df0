import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { sweepOne } from '#core/sweep.ts';
import { describeError, log } from '#http/log.ts';
import { clock, files, objects } from '#runtime/container.ts';

/**
 * Consumer of the table's stream, filtered to expiry tickets that TTL removed: the alarm clock of staged files. The
 * ticket says only which file; whether it has expired is decided by its record, so a ticket left over from a claimed
 * file, or one that comes twice, does nothing. The lowest failed sequence number is where Lambda begins again.
 */
export const handler = async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  for (const record of event.Records) {
    const fileId = record.dynamodb?.Keys?.pk?.S?.replace(/^FILE#/, '') ?? '';
    try {
      const file = await files().get(fileId);
      if (file !== undefined) await sweepOne({ files: files(), objects: objects(), clock }, file);
    } catch (error) {
      log('ERROR', 'expiry failed', { fileId, error: describeError(error) });
      return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
    }
  }
  return { batchItemFailures: [] };
};
