/**
 * A queue and its worker: deletions, lifecycle events. A message that fails five times moves to the dead-letter queue, where it waits 14 days for
 * somebody to look; the alarm on that queue is the only sign that bytes stay behind, so it is part of this construct's
 * contract (see `alarms.ts`).
 */
import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EnvName } from '../../functions/runtime/env-names.ts';
import { acknowledge } from './acknowledged.ts';
import type { DeadLetterQueue } from './dead-letters.ts';
import { allow, consume, type Grant } from './grant.ts';

/** Tries before the dead-letter queue. Source: Lambda developer guide, SQS event source ("at least 5"). */
const maxReceiveCount = 5;

/** Source: SQS API reference, SendMessage, DelaySeconds. */
const maxDelaySeconds = 900;

/** The queue keeps a batch hidden this many worker timeouts, as Lambda's guide asks, so no batch runs twice at once. */
const visibilityTimeouts = 6;

/** Workers at once. R2 takes far more deletions; the table's counters of one app are what would contend. */
const maxConcurrency = 10;

export class WorkQueue extends Construct {
  readonly deadLetters: Queue;
  private readonly queue: Queue;
  private readonly urlName: EnvName;
  private readonly workerTimeoutSeconds: number;

  /**
   * @param props.workerTimeoutSeconds of the slowest worker that reads the queue
   * @param props.urlName environment variable in which senders find the queue
   */
  constructor(scope: Construct, id: string, props: { workerTimeoutSeconds: number; urlName: EnvName }) {
    super(scope, id);
    this.urlName = props.urlName;
    this.workerTimeoutSeconds = props.workerTimeoutSeconds;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, 'Serverless::Serverless-SQSRedrivePolicy');
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // A redriven message keeps its first timestamp: a shorter life here leaves it time in the dead-letter queue.
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(visibilityTimeouts * props.workerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount },
    });
  }

  /** Seconds of the oldest message's age. */
  get metricAge(): Metric {
    return this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum' });
  }

  /** How long a message may wait that somebody takes care of: the longest delay SQS has, then every try. Seconds. */
  get longestSeconds(): number {
    return maxDelaySeconds + maxReceiveCount * visibilityTimeouts * this.workerTimeoutSeconds;
  }

  /** How much waits, and how much is being worked on. */
  get metricDepths(): Metric[] {
    return [
      this.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      this.queue.metricApproximateNumberOfMessagesNotVisible({ statistic: 'Maximum' }),
    ];
  }

  /** What failed here, by the name administrators give it. */
  deadLettersOf(name: string): DeadLetterQueue {
    return { name, queue: this.deadLetters, sourceArn: this.queue.queueArn };
  }

  get url(): string {
    return this.queue.queueUrl;
  }

  /** For `cleanup.send` and `lifecycle.send`. */
  grantSend(): Grant {
    return {
      environment: { [this.urlName]: this.queue.queueUrl },
      statements: [allow(['sqs:SendMessage'], [this.queue.queueArn])],
    };
  }

  /** For the function that {@link feed} invokes: what Lambda's poller does in its name. */
  grantConsume(): Grant {
    return { environment: {}, statements: [consume(this.queue.queueArn)] };
  }

  /** Delivers batches to the worker; only the messages it reports as failed come again. */
  feed(worker: IFunction, batchSize: number): void {
    const mapping = new EventSourceMapping(worker, 'Queue', {
      target: worker,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    acknowledge(mapping, 'Serverless::Serverless-LambdaEventSourceMappingDestination');
  }
}
