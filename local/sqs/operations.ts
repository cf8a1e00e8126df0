/** The SQS actions a function may need, each on one queue. Limits are the service's. */
import * as z from 'zod';
import type { QueueSpec } from '../template/model.ts';
import { md5OfAttributes } from './attributes.ts';
import { SqsError } from './errors.ts';
import type { Moves } from './moves.ts';
import { type Message, md5, type QueueStore } from './store.ts';

export interface SqsContext {
  queue: QueueSpec;
  store: QueueStore;
  /** URL of the queue as the caller reached it. */
  url: string;
  /** Ends long polls when the server stops. */
  signal: AbortSignal;
  moves: Moves;
  /** Whether the caller may do something else that comes with what it asks for. */
  may(action: string, arn: string): boolean;
}

const maxBatchBytes = 1_048_576;
const attributes = z.record(z.string(), z.looseObject({ DataType: z.string() })).default({});
const fifoId = z.string().regex(/^[!-~]{1,128}$/, 'Must be 1 to 128 alphanumeric characters or punctuation.');
const entry = z.object({
  MessageBody: z.string().min(1, 'The request must contain the parameter MessageBody.'),
  DelaySeconds: z.number().int().min(0).max(900).optional(),
  MessageAttributes: attributes,
  MessageGroupId: fifoId.optional(),
  MessageDeduplicationId: fifoId.optional(),
});
const id = z
  .string()
  .regex(/^[\w-]{1,80}$/, 'A batch entry id can only contain alphanumeric characters, hyphens and underscores');
const seconds = z.number().int().min(0).max(43_200);

function batch<T extends z.ZodType<{ Id: string }>>(item: T, body: unknown): z.infer<T>[] {
  const { Entries } = z.object({ Entries: z.array(item) }).parse(body);
  if (Entries.length === 0)
    throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (Entries.length > 10) throw new SqsError('TooManyEntriesInBatchRequest', 'At most 10 entries are allowed.');
  const ids = new Set(Entries.map(({ Id }) => Id));
  if (ids.size < Entries.length) throw new SqsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
  return Entries;
}

function sizeOf({ MessageBody, MessageAttributes }: z.infer<typeof entry>): number {
  const extra = Object.keys(MessageAttributes).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(MessageAttributes));
  return Buffer.byteLength(MessageBody) + extra;
}

/**
 * What a FIFO queue must be told of each message, and what only it may be told. Differs from AWS: queues that make the
 * deduplication id of the body are not known. Source: SQS API reference, SendMessage.
 */
function fifoOf({ fifo }: QueueSpec, message: z.infer<typeof entry>) {
  const { MessageGroupId: group, MessageDeduplicationId: deduplicationId, DelaySeconds: delay } = message;
  if (!fifo) {
    if (deduplicationId === undefined) return undefined;
    throw new SqsError('InvalidParameterValue', 'MessageDeduplicationId is for FIFO queues.');
  }
  if (group === undefined) throw new SqsError('MissingParameter', 'The request must contain MessageGroupId.');
  if (deduplicationId === undefined) {
    throw new SqsError(
      'InvalidParameterValue',
      'The queue should have ContentBasedDeduplication or the message an id.',
    );
  }
  if (delay) throw new SqsError('InvalidParameterValue', 'A message of a FIFO queue has no delay of its own.');
  return { group, deduplicationId };
}

function send({ queue, store }: SqsContext, message: z.infer<typeof entry>): Record<string, unknown> {
  if (sizeOf(message) > queue.maxMessageBytes) {
    throw new SqsError('InvalidParameterValue', `Message must be shorter than ${queue.maxMessageBytes} bytes.`);
  }
  const { MessageBody: body, DelaySeconds: delaySeconds, MessageAttributes: attributes } = message;
  const fifo = fifoOf(queue, message);
  const MessageId = store.send(queue, body, {
    attributes,
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...(fifo && { fifo }),
  });
  return { MessageId, MD5OfMessageBody: md5(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
}

async function receive(context: SqsContext, body: unknown): Promise<Record<string, unknown>> {
  const { queue, store, signal } = context;
  const request = z
    .looseObject({
      MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
      WaitTimeSeconds: z.number().int().min(0).max(20).default(0),
      VisibilityTimeout: seconds.optional(),
    })
    .parse(body);
  if (request.WaitTimeSeconds === 0 && !findsSome(context)) return { Messages: [] };
  const deadline = Date.now() + request.WaitTimeSeconds * 1000;
  for (;;) {
    const messages = store.receive(queue, request.MaxNumberOfMessages, request.VisibilityTimeout);
    const left = deadline - Date.now();
    if (messages.length > 0 || left <= 0 || signal.aborted) return { Messages: messages.map(wire) };
    await untilVisible(context, Math.min(left, 500));
  }
}

const shortPolls = new WeakMap<QueueStore, Map<string, number>>();

/**
 * A short poll asks some of a queue's servers only, and of a few messages may find none; here each first one and every other
 * after it finds none. Source: SQS developer guide, "Amazon SQS short and long polling".
 */
function findsSome({ queue: { arn }, store }: SqsContext): boolean {
  const polls = shortPolls.get(store) ?? new Map<string, number>();
  const count = (polls.get(arn) ?? 0) + 1;
  shortPolls.set(store, polls.set(arn, count));
  return count % 2 === 0;
}

/** Waits for a message, the time, or the end of the server. */
async function untilVisible({ queue, store, signal }: SqsContext, milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const stop = store.onVisible(queue, resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  stop();
}

function wire(message: Message): Record<string, unknown> {
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    Attributes: systemAttributes(message),
    ...(Object.keys(message.messageAttributes).length > 0
      ? {
          MessageAttributes: message.messageAttributes,
          MD5OfMessageAttributes: md5OfAttributes(message.messageAttributes),
        }
      : {}),
  };
}

/** The system attributes of a message, under the names events and responses share. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    SenderId: 'AIDALOCAL',
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.fifo && {
      MessageGroupId: message.fifo.group,
      MessageDeduplicationId: message.fifo.deduplicationId,
      SequenceNumber: String(message.fifo.sequence).padStart(20, '0'),
    }),
  };
}

const handle = z.object({ ReceiptHandle: z.string() });

function changeVisibility({ queue, store }: SqsContext, receiptHandle: string, timeout: number): void {
  if (!store.changeVisibility(queue, receiptHandle, timeout)) {
    throw new SqsError('MessageNotInflight', 'The message referred to is not in flight.');
  }
}

/** Actions by name; each gives the response body. */
export const operations: Record<string, (context: SqsContext, body: unknown) => unknown> = {
  GetQueueUrl: ({ url }) => ({ QueueUrl: url }),
  GetQueueAttributes({ queue, store }) {
    const counts = store.counts(queue);
    return {
      Attributes: {
        QueueArn: queue.arn,
        ApproximateNumberOfMessages: String(counts.visible),
        ApproximateNumberOfMessagesNotVisible: String(counts.invisible),
        ApproximateNumberOfMessagesDelayed: String(counts.delayed),
        VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
        DelaySeconds: String(queue.delaySeconds),
        MessageRetentionPeriod: String(queue.retentionSeconds),
        MaximumMessageSize: String(queue.maxMessageBytes),
      },
    };
  },
  SendMessage: (context, body) => send(context, entry.parse(body)),
  SendMessageBatch(context, body) {
    const entries = batch(entry.extend({ Id: id }), body);
    if (entries.reduce((sum, item) => sum + sizeOf(item), 0) > maxBatchBytes) {
      throw new SqsError('BatchRequestTooLong', 'Batch requests cannot be longer than 1048576 bytes.');
    }
    return { Successful: entries.map((item) => ({ Id: item.Id, ...send(context, item) })), Failed: [] };
  },
  ReceiveMessage: receive,
  DeleteMessage({ queue, store }, body) {
    store.delete(queue, handle.parse(body).ReceiptHandle);
    return {};
  },
  DeleteMessageBatch({ queue, store }, body) {
    const entries = batch(handle.extend({ Id: id }), body);
    for (const { ReceiptHandle } of entries) store.delete(queue, ReceiptHandle);
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  },
  ChangeMessageVisibility(context, body) {
    const request = handle.extend({ VisibilityTimeout: seconds }).parse(body);
    changeVisibility(context, request.ReceiptHandle, request.VisibilityTimeout);
    return {};
  },
  StartMessageMoveTask: ({ queue, moves, may }) => moves.start(queue, may),
  ListMessageMoveTasks: ({ queue, moves }, body) => moves.list(queue, body),
  PurgeQueue({ queue, store }) {
    store.purge(queue);
    return {};
  },
};
