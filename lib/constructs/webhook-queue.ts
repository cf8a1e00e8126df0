/**
 * What is on its way to one receiver of webhooks. First in, first out for each file: the next event of a file waits until
 * the one before was taken or has failed for good. A receiver that is away has twelve tries in some 15 hours (see
 * `pauseSeconds` of the worker), then the message waits 14 days in the dead-letter queue for somebody to redrive it.
 */
import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { webhookTries } from '../routes.ts';
import { acknowledge } from './acknowledged.ts';
import { consume, type Grant } from './grant.ts';

/** Times the worker's own, as Lambda's guide asks. What fails is hidden for as long as the worker says, which is not this. */
const visibilityTimeouts = 6;

/** Requests to one receiver at once. */
const maxConcurrency = 10;

export class WebhookQueue extends Construct {
  readonly deadLetters: Queue;
  private readonly queue: Queue;

  constructor(scope: Construct, id: string, props: { workerTimeoutSeconds: number }) {
    super(scope, id);
    const common = { fifo: true, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: Duration.days(14) });
    acknowledge(this.deadLetters, 'Serverless::Serverless-SQSRedrivePolicy');
    this.queue = new Queue(this, 'Queue', {
      ...common,
      // A file's later events wait behind its first, which a receiver may put off for three days; and, other than in a standard
      // queue, a message that becomes a dead letter is as new. Source: SQS developer guide, "Dead-letter queues".
      retentionPeriod: Duration.days(14),
      visibilityTimeout: Duration.seconds(visibilityTimeouts * props.workerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: webhookTries },
    });
  }

  get url(): string {
    return this.queue.queueUrl;
  }

  get arn(): string {
    return this.queue.queueArn;
  }

  /** For the function that {@link feed} invokes. */
  grantConsume(): Grant {
    return { environment: {}, statements: [consume(this.arn)] };
  }

  /** One message a batch: those behind a failed one of their file would have its tries counted as theirs. */
  feed(worker: IFunction): void {
    const mapping = new EventSourceMapping(worker, this.node.id, {
      target: worker,
      eventSourceArn: this.arn,
      batchSize: 1,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    acknowledge(mapping, 'Serverless::Serverless-LambdaEventSourceMappingDestination');
  }
}
