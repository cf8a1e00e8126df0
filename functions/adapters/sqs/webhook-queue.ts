/** The queue of a webhook: first in, first out for each file, since SQS hands out nothing of a group while its first is at work. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventType, StowageEvent } from '#core/events/event.ts';
import type { EventSink } from '#core/events/ports.ts';
import { createTimedHandler } from '../aws/timed-handler.ts';

export interface WebhookQueueOptions {
  queueUrl: string;
  /** What the receiver wants to hear of; everything when left out. */
  events?: readonly EventType[] | undefined;
  /** Milliseconds the caller has left for calls; infinite when left out. */
  remainingMs?: (() => number) | undefined;
}

const attemptMs = 3_000;
const maxAttempts = 3;

/**
 * Queues events for a webhook. The queue leaves out what it was sent within five minutes under the same id; later it comes
 * twice, as the contract says it may. Source: SQS API reference, SendMessageBatch.
 */
export function createWebhookQueue({ queueUrl, events: wanted, remainingMs }: WebhookQueueOptions): EventSink {
  const client = new SQSClient({ maxAttempts, requestHandler: createTimedHandler({ attemptMs, remainingMs }) });
  return {
    async send(events) {
      const sent = events.filter(({ type }) => wanted === undefined || wanted.includes(type));
      if (sent.length === 0) return new Set();
      const { Failed = [] } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: sent.map((event, index) => entryOf(event, index)) }),
      );
      return new Set(Failed.flatMap(({ Id }) => sent[Number(Id)]?.id ?? []));
    },
  };
}

function entryOf(event: StowageEvent, index: number) {
  return {
    Id: String(index),
    MessageBody: JSON.stringify(event),
    // What is of no file waits for nothing.
    MessageGroupId: event.type === 'quota.near' ? event.id : event.data.fileId,
    MessageDeduplicationId: event.id,
  };
}
