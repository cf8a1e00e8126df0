import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { Change, FileEvent } from '#core/events/event.ts';
import type { Told } from '#core/events/tell.ts';
import { describeError, log } from './log.ts';

export interface ChangeHandlerDeps {
  /** What a record of the stream says happened. */
  changeIn(images: { OldImage?: object | undefined; NewImage?: object | undefined }): Change;
  tell(changes: Change[]): Promise<Told>;
  /** Looks after quotas. Answers the apps it could not look after, each with the reason. */
  watch(events: FileEvent[]): Promise<Map<string, unknown>>;
}

/**
 * A Lambda handler for the table's stream, filtered to changes of files' records. What it names as failed is where Lambda
 * begins again, with everything after it: a killed or failed run tells events twice, and never leaves one out. Order is
 * the stream's, which has it for every record.
 */
export function changeHandler({ changeIn, tell, watch }: ChangeHandlerDeps) {
  return async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const changes = Records.map(({ dynamodb }) => changeIn(dynamodb ?? {}));
    const { events, untold } = await tell(changes);
    const unwatched = await watch(events);
    if (untold !== undefined) log('ERROR', 'events not told', { error: describeError(untold.error) });
    for (const [appId, error] of unwatched) log('ERROR', 'quota not watched', { appId, error: describeError(error) });
    const again = changes.findLastIndex(({ to }) => to?.scope === 'extension' && unwatched.has(to.appId));
    const from = Math.min(untold?.from ?? Number.POSITIVE_INFINITY, again < 0 ? Number.POSITIVE_INFINITY : again);
    const first = Records[from];
    if (first === undefined) return { batchItemFailures: [] };
    return { batchItemFailures: [{ itemIdentifier: first.dynamodb?.SequenceNumber ?? '' }] };
  };
}
