/**
 * Tables, queues and event buses. Sources: DynamoDB API reference, CreateTable and UpdateTimeToLive; SQS API reference,
 * CreateQueue; EventBridge API reference, CreateEventBus.
 */
import * as z from 'zod';
import type { Resource } from '../template/model.ts';

const within = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const isOn = (flag: unknown) => String(flag) === 'true';

export const queue = z
  .looseObject({
    VisibilityTimeout: within(0, 43_200).optional(),
    DelaySeconds: within(0, 900).optional(),
    MessageRetentionPeriod: within(60, 1_209_600).optional(),
    MaximumMessageSize: within(1024, 1_048_576).optional(),
    ReceiveMessageWaitTimeSeconds: within(0, 20).optional(),
    RedrivePolicy: z.looseObject({ deadLetterTargetArn: z.string(), maxReceiveCount: within(1, 1000) }).optional(),
    KmsMasterKeyId: z.string().optional(),
    SqsManagedSseEnabled: z.unknown().optional(),
    QueueName: z.string().max(80).optional(),
    FifoQueue: z.unknown().optional(),
  })
  .refine(({ QueueName, FifoQueue }) => QueueName === undefined || QueueName.endsWith('.fifo') === isOn(FifoQueue), {
    message: 'is named .fifo without being FIFO, or the other way round',
  })
  .refine(({ KmsMasterKeyId, SqsManagedSseEnabled }) => !(KmsMasterKeyId && isOn(SqsManagedSseEnabled)), {
    message: 'is encrypted by SQS and by a key of its own',
  });

/** `default` is there already, and names that begin with `aws.` are AWS's own. */
export const bus = z.looseObject({
  Name: z.string().regex(/^(?!default$|aws\.)[\w.-]{1,256}$/, 'is no name of a bus of one’s own'),
});

/** A dead-letter queue is of the kind of the queue it serves. Source: SQS developer guide, "Dead-letter queues". */
export function deadLettersOfOneKind(resources: readonly (Resource & { name?: string })[]): string[] {
  const queues = resources.filter(({ type }) => type === 'AWS::SQS::Queue');
  const isFifo = ({ properties }: Resource) => isOn((properties as { FifoQueue?: unknown }).FifoQueue);
  return queues.flatMap((one) => {
    const { RedrivePolicy } = one.properties as { RedrivePolicy?: { deadLetterTargetArn?: string } };
    const target = queues.find(
      ({ name }) => name !== undefined && RedrivePolicy?.deadLetterTargetArn?.endsWith(`:${name}`),
    );
    if (target === undefined || isFifo(target) === isFifo(one)) return [];
    return [`${one.logicalId}: a FIFO queue has FIFO dead letters, and a standard queue standard ones`];
  });
}

const name = z.string().regex(/^[\w.-]{3,255}$/, 'must be 3 to 255 of letters, digits, _, . and -');
const keySchema = z
  .array(z.object({ AttributeName: z.string().min(1).max(255), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2)
  .refine((keys) => keys[0]?.KeyType === 'HASH' && keys[1]?.KeyType !== 'HASH', {
    message: 'must be a HASH key, then at most one RANGE key',
  });
const projection = z
  .looseObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  })
  .refine(
    ({ ProjectionType, NonKeyAttributes }) => (ProjectionType === 'INCLUDE') === (NonKeyAttributes !== undefined),
    {
      message: 'must name NonKeyAttributes for INCLUDE and for nothing else',
    },
  );
const index = z.looseObject({ IndexName: name, KeySchema: keySchema, Projection: projection });

export const table = z
  .looseObject({
    TableName: name.optional(),
    AttributeDefinitions: z.array(
      z.object({ AttributeName: z.string().min(1).max(255), AttributeType: z.enum(['S', 'N', 'B']) }),
    ),
    KeySchema: keySchema,
    BillingMode: z.enum(['PAY_PER_REQUEST', 'PROVISIONED']).default('PROVISIONED'),
    ProvisionedThroughput: z.unknown().optional(),
    GlobalSecondaryIndexes: z.array(index).min(1).max(20).optional(),
    LocalSecondaryIndexes: z.array(index).min(1).max(5).optional(),
    StreamSpecification: z
      .looseObject({ StreamViewType: z.enum(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES']) })
      .optional(),
    TimeToLiveSpecification: z
      .looseObject({ AttributeName: z.string().min(1).max(255).optional(), Enabled: z.unknown().optional() })
      .refine(({ AttributeName, Enabled }) => AttributeName !== undefined || !isOn(Enabled), 'must name its attribute')
      .optional(),
  })
  .superRefine((one, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const indexes = [...(one.GlobalSecondaryIndexes ?? []), ...(one.LocalSecondaryIndexes ?? [])];
    const used = new Set([one, ...indexes].flatMap(({ KeySchema }) => KeySchema.map((key) => key.AttributeName)));
    const defined = one.AttributeDefinitions.map(({ AttributeName }) => AttributeName);
    for (const attribute of defined.filter((each) => !used.has(each)))
      refuse(`defines ${attribute}, which no key uses`);
    for (const attribute of [...used].filter((each) => !defined.includes(each))) refuse(`does not define ${attribute}`);
    if (new Set(indexes.map(({ IndexName }) => IndexName)).size < indexes.length) refuse('has two indexes of one name');
    const onDemand = one.BillingMode === 'PAY_PER_REQUEST';
    if (onDemand === (one.ProvisionedThroughput !== undefined)) {
      refuse(
        onDemand ? 'has throughput although it is billed by request' : 'has no throughput and is not billed by request',
      );
    }
  });
