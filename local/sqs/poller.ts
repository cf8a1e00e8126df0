/**
 * The event source mapping of a queue: receives, filters, batches, invokes, and deletes what succeeded. What failed
 * comes back when its visibility timeout ends, until the queue's redrive policy moves it. Differs from AWS: the number
 * of pollers does not grow with the backlog, it is the mapping's maximum concurrency or 5.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { aws } from '../aws.ts';
import { failedItems } from '../events/batch.ts';
import { checkPattern, matchesAny } from '../events/filter.ts';
import type { InvokeResult } from '../lambda/instance.ts';
import type { QueueMappingSpec, QueueSpec } from '../template/model.ts';
import { systemAttributes } from './operations.ts';
import type { SqsOptions } from './server.ts';
import type { Message, QueueStore } from './store.ts';

export interface PollerOptions {
  mapping: QueueMappingSpec;
  queue: QueueSpec;
  store: QueueStore;
  invoke(functionName: string, event: unknown): Promise<InvokeResult>;
  /** Faults of the endpoint: while ReceiveMessage fails there, nothing is received here. */
  intercept?: SqsOptions['intercept'];
}

export interface Poller {
  /** Receipt handles of messages a function has right now. */
  busy: ReadonlySet<string>;
  /** How many messages were handed to the function and succeeded, failed, or were filtered out, since the start. */
  counts(): { succeeded: number; failed: number; filtered: number };
  /** Ends after the invocations under way. */
  stop(): Promise<void>;
}

/** Starts polling at once. Throws when a filter has an operator this cloud does not know. */
export function startPoller(options: PollerOptions): Poller {
  const { mapping, queue, store } = options;
  for (const pattern of mapping.filters) checkPattern(pattern, mapping.logicalId);
  const busy = new Set<string>();
  const counts = { succeeded: 0, failed: 0, filtered: 0 };
  const stopping = new AbortController();
  const limit = Math.min(mapping.maximumConcurrency ?? 5, 50);

  /** Messages for one invocation: what is there, or what comes within the batching window. */
  async function collect(): Promise<Message[]> {
    const batch: Message[] = [];
    const until = Date.now() + mapping.windowSeconds * 1000;
    for (;;) {
      const fault = options.intercept?.({ operation: 'ReceiveMessage', queueName: queue.name });
      const received = fault ? [] : store.receive(queue, Math.min(10, mapping.batchSize - batch.length));
      for (const message of received) {
        if (matchesAny(mapping.filters, filterable(message))) {
          batch.push(message);
          busy.add(message.receiptHandle);
        } else {
          store.delete(queue, message.receiptHandle);
          counts.filtered += 1;
        }
      }
      const full = batch.length >= mapping.batchSize;
      if (full || stopping.signal.aborted || (received.length === 0 && batch.length === 0)) return batch;
      if (received.length > 0) continue;
      if (Date.now() >= until) return batch;
      await sleep(Math.min(50, until - Date.now()));
    }
  }

  async function handle(batch: Message[]): Promise<void> {
    try {
      const event = { Records: batch.map((message) => record(message, queue)) };
      const result = await options.invoke(mapping.functionName, event);
      const ids = batch.map(({ messageId }) => messageId);
      const failed = failedItems(result, ids, mapping.reportBatchItemFailures);
      if (stopping.signal.aborted && !result.ok) return; // Cut short by the stop: they come back after it.
      for (const { messageId, receiptHandle } of batch) {
        if (failed.has(messageId)) continue;
        store.delete(queue, receiptHandle);
      }
      counts.failed += failed.size;
      counts.succeeded += batch.length - failed.size;
    } finally {
      for (const { receiptHandle } of batch) busy.delete(receiptHandle);
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      const batch = await collect();
      if (batch.length > 0) await handle(batch);
      else await untilVisible();
    }
  }

  /** Wakes when a message arrives, and twice a second for those whose delay or visibility timeout ends. */
  async function untilVisible(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unsubscribe = store.onVisible(queue, resolve);
    const timer = setTimeout(resolve, 500);
    const stop = () => resolve();
    stopping.signal.addEventListener('abort', stop);
    await promise;
    stopping.signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    unsubscribe();
  }

  const loops = mapping.enabled ? Array.from({ length: limit }, poll) : [];
  return {
    busy,
    counts: () => ({ ...counts }),
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** What a filter sees: the body as JSON when it is an object, else as text. */
function filterable(message: Message): Record<string, unknown> {
  let body: unknown = message.body;
  try {
    const parsed: unknown = JSON.parse(message.body);
    if (parsed !== null && typeof parsed === 'object') body = parsed;
  } catch {
    // Not JSON: only patterns on plain text can match.
  }
  return { messageId: message.messageId, body, attributes: systemAttributes(message) };
}

function record(message: Message, queue: QueueSpec): Record<string, unknown> {
  const attributes = Object.entries(message.messageAttributes as Record<string, Record<string, unknown>>);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      attributes.map(([name, { StringValue, BinaryValue, DataType }]) => [
        name,
        {
          stringValue: StringValue,
          binaryValue: BinaryValue,
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: aws.region,
  };
}
