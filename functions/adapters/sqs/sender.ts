/** Sending to a queue. Its caller has an answer to give, so it fails fast and leaves the fallback time to run. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createTimedHandler } from '../aws/timed-handler.ts';

/** The message was perhaps not queued: do the work another way, knowing that the message may come all the same. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
}

export interface QueueOptions {
  queueUrl: string;
  /** Milliseconds the caller has left for calls; infinite when left out. */
  remainingMs?: (() => number) | undefined;
}

/** One attempt. Two of them and the pause between fit into `sendTimeoutMs`, so that a silent one is tried again. */
const attemptMs = 1_400;
const sendTimeoutMs = 3_000;

/**
 * A function that sends JSON messages to one queue. Region, credentials and endpoint come from the SDK's standard
 * environment. Rejects with `QueueUnavailableError` after two tries or three seconds.
 */
export function createSender({
  queueUrl,
  remainingMs,
}: QueueOptions): (message: object, delaySeconds?: number) => Promise<void> {
  const client = new SQSClient({ maxAttempts: 2, requestHandler: createTimedHandler({ attemptMs, remainingMs }) });
  return async (message, delaySeconds) => {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify(message),
      DelaySeconds: delaySeconds,
    });
    try {
      await client.send(command, { abortSignal: AbortSignal.timeout(sendTimeoutMs) });
    } catch (cause) {
      throw new QueueUnavailableError('The message could not be queued.', { cause });
    }
  };
}
