/**
 * Functions, what wakes them and their roles. Sources: Lambda developer guide, "Lambda quotas", "Using environment
 * variables", "Lambda parameters for Amazon SQS/DynamoDB event source mappings"; IAM user guide, "IAM and STS quotas".
 */
import * as z from 'zod';
import { checkPattern } from '../events/filter.ts';
import type { Resource } from '../template/model.ts';
import { functionNameOf } from '../template/parse.ts';

const within = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const reservedNames = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

/** Characters of the JSON text, which is what Lambda measures. */
const mostEnvironment = 4096;

const variables = z
  .record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]+$/, 'is no name of a variable'), z.coerce.string())
  .superRefine((all, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const reserved = Object.keys(all).filter((name) => reservedNames.has(name));
    if (reserved.length > 0) refuse(`sets ${reserved.join(', ')}, which Lambda keeps for itself`);
    const length = JSON.stringify(all).length;
    if (length > mostEnvironment) refuse(`holds ${length} characters, more than ${mostEnvironment}`);
  });

export const lambda = z.looseObject({
  Description: z.string().max(256).optional(),
  Environment: z.looseObject({ Variables: variables.optional() }).optional(),
  Layers: z.array(z.string()).max(5).optional(),
  MemorySize: within(128, 10_240).optional(),
  ReservedConcurrentExecutions: z.coerce.number().int().min(0).optional(),
  // What this repository's layer and bundles are built for; Lambda refuses to create functions on what it has retired.
  Runtime: z.enum(['nodejs22.x', 'nodejs24.x']).optional(),
  Timeout: within(1, 900).optional(),
});

export const invokeConfig = z.looseObject({
  MaximumRetryAttempts: within(0, 2).optional(),
  MaximumEventAgeInSeconds: within(60, 21_600).optional(),
});

const pattern = z
  .string()
  .max(4096)
  .superRefine((text, context) => {
    try {
      checkPattern(z.record(z.string(), z.unknown()).parse(JSON.parse(text)), 'the pattern');
    } catch (error) {
      const reason =
        error instanceof SyntaxError || error instanceof z.ZodError ? 'is not a JSON object' : String(error);
      context.addIssue({ code: 'custom', message: reason });
    }
  });

/** Only for streams, only for queues. */
const ofStreams = [
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'ParallelizationFactor',
  'StartingPosition',
  'TumblingWindowInSeconds',
];
const ofQueues = ['ScalingConfig'];

export const mapping = z
  .looseObject({
    EventSourceArn: z.string(),
    BatchSize: within(1, 10_000).optional(),
    MaximumBatchingWindowInSeconds: within(0, 300).default(0),
    // Five without a raised quota.
    FilterCriteria: z
      .looseObject({
        Filters: z
          .array(z.looseObject({ Pattern: pattern }))
          .max(5)
          .optional(),
      })
      .optional(),
    ScalingConfig: z.looseObject({ MaximumConcurrency: within(2, 1000).optional() }).optional(),
    MaximumRetryAttempts: within(-1, 10_000).optional(),
    MaximumRecordAgeInSeconds: z.union([z.literal(-1), within(60, 604_800)]).optional(),
    StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']).optional(),
  })
  .superRefine((one, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const isQueue = one.EventSourceArn.split(':')[2] === 'sqs';
    for (const property of isQueue ? ofStreams : ofQueues) {
      if (one[property] !== undefined) refuse(`${property} is not for ${isQueue ? 'queues' : 'streams'}`);
    }
    if (!isQueue && one.StartingPosition === undefined) refuse('a stream needs a StartingPosition');
    if (!isQueue && one.StartingPosition === 'AT_TIMESTAMP') refuse('a table’s stream has no position by time');
    if (one.EventSourceArn.endsWith('.fifo') && (one.BatchSize ?? 10) > 10)
      refuse('a FIFO queue has batches of 10 at most');
    if (one.EventSourceArn.endsWith('.fifo') && one.MaximumBatchingWindowInSeconds > 0) {
      refuse('a FIFO queue has no batching window');
    }
    if (isQueue && (one.BatchSize ?? 10) > 10 && one.MaximumBatchingWindowInSeconds < 1) {
      refuse('a batch of more than 10 messages needs a MaximumBatchingWindowInSeconds');
    }
  });

/** All inline policies of a role together, without blanks. */
const mostInline = 10_240;
const mostTrust = 2048;

export const role = z
  .looseObject({
    RoleName: z
      .string()
      .regex(/^[\w+=,.@-]{1,64}$/, 'is no name of a role')
      .optional(),
    Description: z.string().max(1000).optional(),
    AssumeRolePolicyDocument: z.unknown().optional(),
    ManagedPolicyArns: z.array(z.string()).max(10).optional(),
    Policies: z.array(z.looseObject({ PolicyDocument: z.unknown() })).default([]),
  })
  .superRefine((one, context) => {
    const length = (value: unknown) => (JSON.stringify(value) ?? '').replace(/\s/g, '').length;
    const inline = one.Policies.reduce((sum, { PolicyDocument }) => sum + length(PolicyDocument), 0);
    const trust = length(one.AssumeRolePolicyDocument);
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if (inline > mostInline) refuse(`has inline policies of ${inline} characters, more than ${mostInline}`);
    if (trust > mostTrust) refuse(`has a trust policy of ${trust} characters, more than ${mostTrust}`);
  });

/** Lambda refuses a mapping whose queue would show a message again while the function may still be at it. */
export function queueOutlastsFunction(resources: readonly (Resource & { name?: string })[]): string[] {
  const named = (type: string, name: string) =>
    resources.find((resource) => resource.type === type && resource.name === name)?.properties as
      | Record<string, unknown>
      | undefined;
  return resources
    .filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping')
    .flatMap(({ logicalId, properties }) => {
      const { EventSourceArn = '', FunctionName = '' } = properties as Record<string, string>;
      const queue = named('AWS::SQS::Queue', EventSourceArn.split(':').at(-1) ?? '');
      if (!queue) return [];
      const visible = Number(queue.VisibilityTimeout ?? 30);
      const timeout = Number(named('AWS::Lambda::Function', functionNameOf(FunctionName))?.Timeout ?? 3);
      if (visible >= timeout) return [];
      return [`${logicalId}: its queue hides messages for ${visible} s, its function may run for ${timeout} s`];
    });
}
