/** Reads tables, queues, event buses and secrets. */
import * as z from 'zod';
import { arn } from '../aws.ts';
import { secretArn, streamArn } from './attributes.ts';
import type { BusSpec, QueueSpec, Resource, SecretSpec, TableSpec } from './model.ts';
import { flag, int, parseProperties } from './parse.ts';

type Named = Resource & { name: string };

const queueProperties = z.looseObject({
  VisibilityTimeout: int.default(30),
  DelaySeconds: int.default(0),
  MessageRetentionPeriod: int.default(345_600),
  MaximumMessageSize: int.default(1_048_576),
  FifoQueue: flag.default(false),
  ContentBasedDeduplication: z
    .literal(false, 'ids made of the body are not supported locally: give each message its own')
    .optional(),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: int }).optional(),
});

/** Reads queues, standard ones and FIFO. */
export function readQueues(resources: Named[]): QueueSpec[] {
  return resources.map((resource) => {
    const properties = parseProperties(queueProperties, resource);
    const redrive = properties.RedrivePolicy;
    return {
      name: resource.name,
      arn: arn('sqs', resource.name),
      visibilityTimeoutSeconds: properties.VisibilityTimeout,
      delaySeconds: properties.DelaySeconds,
      retentionSeconds: properties.MessageRetentionPeriod,
      maxMessageBytes: properties.MaximumMessageSize,
      fifo: properties.FifoQueue,
      ...(redrive
        ? { redrive: { deadLetterArn: redrive.deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount } }
        : {}),
    };
  });
}

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.string() }));
const projection = z.looseObject({ ProjectionType: z.string() });

const tableProperties = z.looseObject({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  KeySchema: keySchema,
  BillingMode: z.string().optional(),
  GlobalSecondaryIndexes: z
    .array(z.looseObject({ IndexName: z.string(), KeySchema: keySchema, Projection: projection }))
    .optional(),
  LocalSecondaryIndexes: z
    .array(z.object({ IndexName: z.string(), KeySchema: keySchema, Projection: projection }))
    .optional(),
  StreamSpecification: z.looseObject({ StreamViewType: z.string() }).optional(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().optional(), Enabled: flag }).optional(),
});

/** Reads tables; a global table counts as one table of this region, which is what a single-region one is. */
export function readTables(resources: Named[]): TableSpec[] {
  return resources.map((resource) => {
    const properties = parseProperties(tableProperties, resource);
    const tableArn = arn('dynamodb', `table/${resource.name}`);
    const { GlobalSecondaryIndexes: gsis, LocalSecondaryIndexes: lsis, StreamSpecification: stream } = properties;
    const ttl = properties.TimeToLiveSpecification;
    return {
      name: resource.name,
      arn: tableArn,
      ...(stream ? { streamArn: streamArn(resource.name) } : {}),
      input: {
        TableName: resource.name,
        AttributeDefinitions: properties.AttributeDefinitions,
        KeySchema: properties.KeySchema,
        BillingMode: 'PAY_PER_REQUEST',
        ...(gsis
          ? {
              GlobalSecondaryIndexes: gsis.map(({ IndexName, KeySchema, Projection }) => ({
                IndexName,
                KeySchema,
                Projection,
              })),
            }
          : {}),
        ...(ttl ? { TimeToLiveSpecification: ttl } : {}),
        ...(lsis ? { LocalSecondaryIndexes: lsis } : {}),
        ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType } } : {}),
      },
    };
  });
}

const busProperties = z.looseObject({
  Name: z.string(),
  EventSourceName: z.undefined('buses of partners have no local counterpart').optional(),
});

/** Reads event buses. */
export function readBuses(resources: Named[]): BusSpec[] {
  return resources.map((resource) => {
    const { Name } = parseProperties(busProperties, resource);
    return { name: Name, arn: arn('events', `event-bus/${Name}`) };
  });
}

const secretProperties = z.looseObject({ Name: z.string().optional() });

/** Reads secrets: only names, since a value in a template would be a leak. */
export function readSecrets(resources: Named[]): SecretSpec[] {
  return resources.map((resource) => {
    parseProperties(secretProperties, resource);
    return { name: resource.name, arn: secretArn(resource.name) };
  });
}
