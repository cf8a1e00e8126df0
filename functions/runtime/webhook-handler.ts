import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Delivery, pauseSeconds } from '#core/events/webhook.ts';
import { webhookTries } from '#functions/routes.ts';
import { describeError, log } from './log.ts';

/** Where the messages of one queue go. */
export interface Webhook {
  queueArn: string;
  queueUrl: string;
  url: string;
  secretName: string;
}

export interface WebhookHandlerDeps {
  webhooks(): readonly Webhook[];
  deliver(webhook: Webhook, message: { id: string; body: string }): Promise<Delivery>;
  /** Hides the message for so long. */
  postpone(message: { queueUrl: string; receiptHandle: string }, seconds: number): Promise<void>;
}

/**
 * A Lambda handler for the queues of webhooks, whose batches hold one message each: with more, those behind a failed one of
 * their file would have its tries counted as theirs. What is not taken is hidden for a while that grows from try to try;
 * its file's later events wait behind it. After its last try the queue moves it to the dead letters and goes on.
 */
export function webhookHandler({ webhooks, deliver, postpone }: WebhookHandlerDeps) {
  async function handle(record: SQSRecord): Promise<boolean> {
    const webhook = webhooks().find(({ queueArn }) => queueArn === record.eventSourceARN);
    if (webhook === undefined) throw new Error(`No webhook has the queue ${record.eventSourceARN}`);
    const { id } = JSON.parse(record.body) as { id: string };
    const delivery = await deliver(webhook, { id, body: record.body });
    if (delivery.outcome === 'taken') return true;
    const attempt = Number(record.attributes.ApproximateReceiveCount);
    // After the last try nothing is waited for: the queue makes it a dead letter, and the file's next event goes.
    const seconds = attempt >= webhookTries ? 0 : pauseSeconds(attempt, delivery, Math.random());
    const { status, reason, unsent = false } = delivery;
    const host = new URL(webhook.url).host;
    log(unsent ? 'ERROR' : 'WARN', 'webhook not taken', {
      eventId: id,
      host,
      status,
      reason,
      attempt,
      nextInSeconds: seconds,
    });
    await postpone({ queueUrl: webhook.queueUrl, receiptHandle: record.receiptHandle }, seconds);
    return false;
  }

  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const failures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of Records) {
      const done = await handle(record).catch((error: unknown) => {
        log('ERROR', 'webhook failed', { messageId: record.messageId, error: describeError(error) });
        return false;
      });
      if (!done) failures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures: failures };
  };
}
