/** Reads event source mappings and schedules. */
import * as z from 'zod';
import { arn } from '../aws.ts';
import type { QueueMappingSpec, Resource, ScheduleSpec, StreamMappingSpec } from './model.ts';
import { flag, functionNameOf, int, parseProperties } from './parse.ts';

type Named = Resource & { name: string };

const pattern = z.string().transform((text, context) => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a JSON object' });
    return z.NEVER;
  }
});

const mappingProperties = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: flag.default(true),
  BatchSize: int.optional(),
  MaximumBatchingWindowInSeconds: int.default(0),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: pattern })).default([]) }).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: int.optional() }).optional(),
  BisectBatchOnFunctionError: flag.default(false),
  MaximumRetryAttempts: int.default(-1),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }).optional() }).optional(),
});

/** Reads mappings of queues and table streams; another source stops the boot. */
export function readMappings(resources: Resource[]): (QueueMappingSpec | StreamMappingSpec)[] {
  return resources.map((resource) => {
    const properties = parseProperties(mappingProperties, resource);
    const source = properties.EventSourceArn;
    const kind = source.split(':')[2] === 'sqs' ? 'queue' : source.includes('/stream/') ? 'stream' : undefined;
    if (!kind) throw new Error(`${resource.logicalId}: event source ${source} is not supported locally`);
    const base = {
      logicalId: resource.logicalId,
      functionName: functionNameOf(properties.FunctionName),
      sourceArn: source,
      enabled: properties.Enabled,
      batchSize: properties.BatchSize ?? (kind === 'queue' ? 10 : 100),
      windowSeconds: properties.MaximumBatchingWindowInSeconds,
      filters: (properties.FilterCriteria?.Filters ?? []).map((filter) => filter.Pattern),
      reportBatchItemFailures: properties.FunctionResponseTypes.length > 0,
    };
    if (kind === 'queue') {
      const limit = properties.ScalingConfig?.MaximumConcurrency;
      return { kind, ...base, ...(limit === undefined ? {} : { maximumConcurrency: limit }) };
    }
    const destination = properties.DestinationConfig?.OnFailure?.Destination;
    return {
      kind,
      ...base,
      bisect: properties.BisectBatchOnFunctionError,
      maximumRetryAttempts: properties.MaximumRetryAttempts,
      ...(destination === undefined ? {} : { onFailureArn: destination }),
    };
  });
}

const ruleProperties = z.looseObject({
  ScheduleExpression: z.string('only rules with a schedule are supported locally'),
  State: z.string().default('ENABLED'),
  Targets: z
    .array(
      z.looseObject({
        Arn: z.string(),
        Input: z.string().optional(),
        InputTransformer: z.undefined('input transformers are not supported locally').optional(),
      }),
    )
    .default([]),
});

const scheduleProperties = z.looseObject({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.literal('UTC', 'only UTC schedules are supported locally').optional(),
  State: z.string().default('ENABLED'),
  Target: z.looseObject({ Arn: z.string(), RoleArn: z.string(), Input: z.string().optional() }),
});

/** Reads schedules of both services; their targets must be functions. */
export function readSchedules(rules: Named[], schedules: Named[]): ScheduleSpec[] {
  const ofRules = rules.map((resource): ScheduleSpec => {
    const properties = parseProperties(ruleProperties, resource);
    return {
      name: resource.name,
      arn: arn('events', `rule/${resource.name}`),
      expression: properties.ScheduleExpression,
      enabled: properties.State.startsWith('ENABLED'),
      service: 'events',
      targets: properties.Targets.map((target) => ({
        functionName: functionNameOf(target.Arn),
        ...input(target.Input),
      })),
    };
  });
  const ofScheduler = schedules.map((resource): ScheduleSpec => {
    const { Target, ...properties } = parseProperties(scheduleProperties, resource);
    return {
      name: resource.name,
      arn: arn('scheduler', `schedule/default/${resource.name}`),
      expression: properties.ScheduleExpression,
      enabled: properties.State === 'ENABLED',
      service: 'scheduler',
      targets: [
        {
          functionName: functionNameOf(Target.Arn),
          ...input(Target.Input),
          roleName: Target.RoleArn.split('/').at(-1) ?? '',
        },
      ],
    };
  });
  return [...ofRules, ...ofScheduler];
}

function input(text: string | undefined): { input?: unknown } {
  return text === undefined ? {} : { input: JSON.parse(text) };
}
