/**
 * Where Lambda notes what a stream's function failed at for good. A note says in which shard and at which sequence
 * numbers the records were, and is no message of anybody's: it cannot be redriven, so it has a queue of its own beside
 * the dead letters, which can. The stream keeps the records for 24 hours, the queue the notes for 14 days.
 * Source: Lambda developer guide, "Retaining discarded records for a DynamoDB event source".
 */
import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';

export class StreamFailures extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this, 'AwsSolutions::AwsSolutions-SQS3', 'Serverless::Serverless-SQSRedrivePolicy');
  }
}
