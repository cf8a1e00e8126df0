/** The one table: records, counters, claims and expiry tickets. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type IFunction,
  MetricType,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import { createTableInput, indexNames, type KeyElement, ttlAttribute } from '../table-schema.ts';
import { allow, type Grant } from './grant.ts';

const readActions = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const writeActions = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'];

/** What the grants name. */
interface TableNames {
  name: string;
  arn: string;
  streamArn: string;
}

/** What an alarm hears of a mapping that reads: it also tells when there was nothing. */
const pollMetrics = { metrics: [MetricType.EVENT_COUNT] };

export class StowageTable extends Construct {
  private readonly table: TableNames;

  /**
   * @param props.protectData keeps the table when the stack goes, refuses its deletion, and records 35 days of history
   * @param props.existing a table that somebody else made: nothing is created, and what the stack says of its own (stream,
   * TTL, recovery, protection) is theirs to turn on
   */
  constructor(
    scope: Construct,
    id: string,
    props: { protectData: boolean; existing?: Omit<TableNames, 'arn'> | undefined },
  ) {
    super(scope, id);
    if (props.existing) {
      const { name } = props.existing;
      const arn = Stack.of(this).formatArn({ service: 'dynamodb', resource: 'table', resourceName: name });
      this.table = { ...props.existing, arn };
    } else {
      const made = this.create(props.protectData);
      this.table = { name: made.ref, arn: made.attrArn, streamArn: made.attrStreamArn };
    }
  }

  private create(protectData: boolean): CfnTable {
    const schema = createTableInput('named by CloudFormation');
    const table = new CfnTable(this, 'Table', {
      attributeDefinitions: schema.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        attributeName: AttributeName,
        attributeType: AttributeType,
      })),
      keySchema: keySchema(schema.KeySchema),
      globalSecondaryIndexes: schema.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
        indexName: IndexName,
        keySchema: keySchema(KeySchema),
        projection: {
          projectionType: Projection.ProjectionType,
          ...('NonKeyAttributes' in Projection && { nonKeyAttributes: Projection.NonKeyAttributes }),
        },
      })),
      billingMode: schema.BillingMode,
      streamSpecification: { streamViewType: schema.StreamSpecification.StreamViewType },
      timeToLiveSpecification: { attributeName: ttlAttribute, enabled: true },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: protectData },
      deletionProtectionEnabled: protectData,
    });
    // Retained also where a first deployment fails: its deletion protection would make the rollback fail as well.
    table.applyRemovalPolicy(protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    return table;
  }

  get tableName(): string {
    return this.table.name;
  }

  /** For `table.read`: items by key and by index; never Scan, which no request path may need. */
  grantRead(): Grant {
    return this.grant(readActions);
  }

  /** For `table.write`: reading, and every write a transaction is made of. */
  grantWrite(): Grant {
    return this.grant([...readActions, ...writeActions]);
  }

  /** For `table.mark`: reading, and updates of single items, which delete and replace none. */
  grantMark(): Grant {
    return this.grant([...readActions, 'dynamodb:UpdateItem']);
  }

  /**
   * For the functions that {@link feedExpired} and {@link feedChanges} invoke: what Lambda's poller does in its name. Listing takes no resource,
   * and tells names of streams only. Source: AWS managed policy AWSLambdaDynamoDBExecutionRole.
   */
  grantStream(failures: IQueue): Grant {
    const actions = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream'];
    return {
      environment: {},
      statements: [
        allow(actions, [this.table.streamArn]),
        allow(['dynamodb:ListStreams'], ['*']),
        // The poller writes what failed for good with the function's own rights.
        allow(['sqs:SendMessage'], [failures.queueArn]),
      ],
    };
  }

  /**
   * Delivers the expiry tickets that TTL removed, and nothing else of the stream: deletions of our own say who did
   * them differently. A record that keeps failing is tried five times more and noted in `failures`; the
   * hourly schedule finds its file all the same.
   * Source: DynamoDB developer guide, "DynamoDB Streams and Time to Live".
   * @param failures takes notes of where in the stream the records are, not the records: nothing there can be redriven
   */
  feedExpired(worker: IFunction, batchSize: number, failures: IQueue): EventSourceMapping {
    return new EventSourceMapping(worker, 'Expired', {
      target: worker,
      eventSourceArn: this.table.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      bisectBatchOnError: true,
      retryAttempts: 5,
      reportBatchItemFailures: true,
      // CDK's `SqsDlq` would add a policy beside the role's inline ones.
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
      metricsConfig: pollMetrics,
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual('REMOVE'),
          userIdentity: {
            type: FilterRule.isEqual('Service'),
            principalId: FilterRule.isEqual('dynamodb.amazonaws.com'),
          },
          dynamodb: { Keys: { sk: { S: FilterRule.isEqual('EXPIRY') } } },
        }),
      ],
    });
  }

  /**
   * Delivers what may be an event: files that became ready, changed hands, or are being deleted. Of an upload's three
   * writes that is one; counters, tickets and everything else wake nobody. It is the second reader of the stream, and
   * DynamoDB allows no third. What cannot be told is tried again for 20 of the 24 hours that the stream keeps it, and
   * whatever follows in its shard waits, since order is promised; then it is noted in `failures`.
   * Sources: DynamoDB developer guide, "Change data capture for DynamoDB Streams" (readers of a shard); Lambda developer
   * guide, "Using event filtering with a DynamoDB event source".
   */
  feedChanges(worker: IFunction, batchSize: number, failures: IQueue): EventSourceMapping {
    const change = (from: string[], to: string) =>
      FilterCriteria.filter({
        eventName: FilterRule.isEqual('MODIFY'),
        dynamodb: {
          Keys: { sk: { S: FilterRule.isEqual('FILE') } },
          OldImage: { state: { S: from } },
          NewImage: { state: { S: FilterRule.isEqual(to) } },
        },
      });
    return new EventSourceMapping(worker, 'Changes', {
      target: worker,
      eventSourceArn: this.table.streamArn,
      // Where the mapping is made anew a day is told twice, under the same ids; by LATEST something would be missing.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize,
      maxBatchingWindow: Duration.seconds(1),
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(20),
      reportBatchItemFailures: true,
      onFailure: { bind: () => ({ destination: failures.queueArn }) },
      metricsConfig: pollMetrics,
      filters: [change(['pending', 'ready'], 'ready'), change(['ready'], 'deleting')],
    });
  }

  /** For `table.scan`: reconcile walks the whole table; no request path may. It also asks which table this is. */
  grantScan({ orphanGraceDays, reconcilePassHours }: { orphanGraceDays: number; reconcilePassHours: number }): Grant {
    const { environment, statements } = this.grant(['dynamodb:Scan']);
    return {
      environment: {
        ...environment,
        [envNames.orphanGraceDays]: String(orphanGraceDays),
        [envNames.reconcilePassHours]: String(reconcilePassHours),
      },
      statements: [...statements, ...this.grantDescribe().statements],
    };
  }

  /** For `table.describe`: which table this is, which no item of it can tell. */
  grantDescribe(): Grant {
    return {
      environment: { [envNames.tableName]: this.table.name },
      statements: [allow(['dynamodb:DescribeTable'], [this.table.arn])],
    };
  }

  private grant(actions: string[]): Grant {
    const indexes = indexNames.map((name) => `${this.table.arn}/index/${name}`);
    return {
      environment: { [envNames.tableName]: this.table.name },
      statements: [allow(actions, [this.table.arn, ...indexes])],
    };
  }
}

function keySchema(keys: KeyElement[]) {
  return keys.map(({ AttributeName, KeyType }) => ({ attributeName: AttributeName, keyType: KeyType }));
}
