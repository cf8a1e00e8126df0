/** Says when a message that failed comes again. */
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createTimedHandler } from '../aws/timed-handler.ts';

const attemptMs = 1_400;
const maxAttempts = 2;

/**
 * A function that hides a received message for so many seconds, twelve hours at most. Messages of its group wait with it.
 * Where that fails the message comes back when the queue's own time is over.
 */
export function createPostpone({ remainingMs }: { remainingMs?: (() => number) | undefined } = {}) {
  const client = new SQSClient({ maxAttempts, requestHandler: createTimedHandler({ attemptMs, remainingMs }) });
  return async (message: { queueUrl: string; receiptHandle: string }, seconds: number): Promise<void> => {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: message.queueUrl,
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  };
}
