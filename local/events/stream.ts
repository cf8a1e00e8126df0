/**
 * The event source mapping of a table stream. The table stand-in tells of what TTL removed to some and of what was written
 * to others, and of removals by callers to nobody; so a mapping whose filter wants another mixture stops the boot. Differs from AWS: one shard, and retries
 * come after 50 ms, doubling to 2 s. How a batch is cut is the Lambda guide's, "Configuring partial batch response with
 * DynamoDB and Lambda".
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { arn } from '../aws.ts';
import type { InvokeResult } from '../lambda/instance.ts';
import type { StreamMappingSpec } from '../template/model.ts';
import { failedItems } from './batch.ts';
import { checkPattern, matchesAny } from './filter.ts';

/** The parts of a stream record this file reads; the rest passes through. */
export interface StreamRecord {
  eventName?: string;
  eventSourceARN?: string;
  dynamodb?: { SequenceNumber?: string; ApproximateCreationDateTime?: number };
}

export interface StreamOptions {
  mapping: StreamMappingSpec;
  invoke(functionName: string, event: unknown): Promise<InvokeResult>;
  /** Sends a message to the queue with this ARN. */
  sendToQueue(queueArn: string, body: string): void;
}

export interface StreamConsumer {
  mapping: StreamMappingSpec;
  /** Whether it is about what TTL removed; about what was written otherwise. */
  ofTtl: boolean;
  /** Whether a filter lets the record through. */
  wants(record: StreamRecord): boolean;
  /** Resolves when every record was processed, filtered out, or described to the failure destination. Rejects when stopped. */
  deliver(records: StreamRecord[]): Promise<void>;
  counts(): { succeeded: number; failed: number; filtered: number };
  stop(): void;
}

/** Creates the consumer of one mapping. Throws when its filters are neither about TTL removals alone nor about writes alone. */
export function createStreamConsumer(options: StreamOptions): StreamConsumer {
  const { mapping } = options;
  for (const pattern of mapping.filters) checkPattern(pattern, mapping.logicalId);
  const ofTtl = isOfTtl(mapping);
  const counts = { succeeded: 0, failed: 0, filtered: 0 };
  const stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  async function run(records: StreamRecord[]): Promise<void> {
    const wanted = records.filter((record) => matchesAny(mapping.filters, record));
    counts.filtered += records.length - wanted.length;
    for (let start = 0; start < wanted.length; start += mapping.batchSize) {
      await process(wanted.slice(start, start + mapping.batchSize));
    }
  }

  /** One batch in order: what failed and everything after it is tried again, in halves when the mapping bisects. */
  async function process(batch: StreamRecord[]): Promise<void> {
    let rest = batch;
    for (let attempt = 0; rest.length > 0; attempt += 1) {
      stopping.signal.throwIfAborted();
      const result = await options.invoke(mapping.functionName, { Records: rest });
      const failed = failedItems(result, rest.map(sequenceOf), mapping.reportBatchItemFailures);
      const checkpoint = rest.findIndex((record) => failed.has(sequenceOf(record)));
      const done = checkpoint < 0 ? rest.length : checkpoint;
      counts.succeeded += done;
      rest = rest.slice(done);
      if (rest.length === 0) return;
      stopping.signal.throwIfAborted();
      // Where the function named a record the batch is cut there and nowhere else: what follows a record that keeps failing
      // shares its tries, and its end.
      if (mapping.bisect && result.ok && done > 0) {
        attempt = -1;
        continue;
      }
      // A cut costs no try.
      if (mapping.bisect && !result.ok && rest.length > 1) {
        const middle = Math.ceil(rest.length / 2);
        await process(rest.slice(0, middle));
        rest = rest.slice(middle);
        attempt = -1;
        continue;
      }
      if (mapping.maximumRetryAttempts >= 0 && attempt >= mapping.maximumRetryAttempts) {
        giveUp(rest, result, attempt + 1);
        return;
      }
      await sleep(Math.min(50 * 2 ** attempt, 2000), undefined, { signal: stopping.signal });
    }
  }

  /** The shape of the note: Lambda developer guide, "Retaining discarded records for a DynamoDB event source". */
  function giveUp(records: StreamRecord[], result: InvokeResult, invokeCount: number): void {
    counts.failed += records.length;
    if (!mapping.onFailureArn) return;
    const arrival = (record: StreamRecord | undefined) =>
      `${new Date((record?.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000).toISOString().slice(0, 19)}Z`;
    const [first] = records;
    const description = {
      requestContext: {
        requestId: randomUUID(),
        functionArn: arn('lambda', `function:${mapping.functionName}`),
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: invokeCount,
      },
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(result.ok ? {} : { functionError: 'Unhandled' }),
      },
      version: '1.0',
      timestamp: new Date().toISOString(),
      DDBStreamBatchInfo: {
        shardId: 'shardId-00000001573689847184-864758bb',
        startSequenceNumber: first && sequenceOf(first),
        endSequenceNumber: records.at(-1)?.dynamodb?.SequenceNumber,
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(records.at(-1)),
        batchSize: records.length,
        streamArn: mapping.sourceArn,
      },
    };
    options.sendToQueue(mapping.onFailureArn, JSON.stringify(description));
  }

  return {
    mapping,
    ofTtl,
    wants: (record) => matchesAny(mapping.filters, record),
    deliver(records) {
      const turn = last.then(() => run(records));
      last = turn.catch(() => undefined);
      return turn;
    },
    counts: () => ({ ...counts }),
    stop: () => stopping.abort(),
  };
}

function sequenceOf(record: StreamRecord): string {
  return record.dynamodb?.SequenceNumber ?? '';
}

/** Each pattern must name REMOVE and the service principal of TTL, or each the events of writes. */
function isOfTtl({ logicalId, filters }: StreamMappingSpec): boolean {
  const among = (value: unknown, ...expected: string[]) =>
    Array.isArray(value) && value.length > 0 && value.every((one) => expected.includes(one));
  const aboutTtl = filters.filter((pattern) => {
    const identity = (pattern.userIdentity ?? {}) as Record<string, unknown>;
    return (
      among(pattern.eventName, 'REMOVE') &&
      among(identity.type, 'Service') &&
      among(identity.principalId, 'dynamodb.amazonaws.com')
    );
  });
  const aboutWrites = filters.filter((pattern) => among(pattern.eventName, 'INSERT', 'MODIFY'));
  if (filters.length > 0 && aboutTtl.length === filters.length) return true;
  if (filters.length > 0 && aboutWrites.length === filters.length) return false;
  throw new Error(
    `${logicalId}: the one-machine cloud tells streams of TTL removals and of writes, each apart, so every filter of a ` +
      'stream must require eventName REMOVE and userIdentity { type: Service, principalId: dynamodb.amazonaws.com }, ' +
      'or every one eventName INSERT or MODIFY',
  );
}
