/**
 * What counts lines of logs, and what shows metrics. Sources: CloudWatch Logs API reference, PutMetricFilter; CloudWatch API
 * reference, PutDashboard and "Dashboard Body Structure and Syntax"; CloudWatch service quotas.
 */
import * as z from 'zod';
import type { Resource } from '../template/model.ts';

const namespace = z
  .string()
  .regex(/^[^:*$]{1,255}$/, 'is no namespace')
  .refine((name) => !name.startsWith('AWS/'), 'may not be one of AWS');

export const metricFilter = z.looseObject({
  LogGroupName: z.string(),
  FilterPattern: z.string().max(1024),
  MetricTransformations: z
    .array(
      z
        .looseObject({
          MetricName: z.string().regex(/^[^:*$]{1,255}$/, 'is no name of a metric'),
          MetricNamespace: namespace,
          MetricValue: z.string().max(100),
          DefaultValue: z.coerce.number().optional(),
          Dimensions: z.array(z.unknown()).max(3).optional(),
        })
        .refine(({ DefaultValue, Dimensions }) => DefaultValue === undefined || !Dimensions?.length, {
          message: 'has a default value beside dimensions',
        }),
    )
    .length(1),
});

const mostFilters = 100;

/** A log group has so many metric filters and no more. */
export function filtersOfGroup(resources: readonly Resource[]): string[] {
  const filters = resources.filter(({ type }) => type === 'AWS::Logs::MetricFilter');
  const groups = Map.groupBy(filters, ({ properties }) =>
    String((properties as { LogGroupName: unknown }).LogGroupName),
  );
  return [...groups].flatMap(([name, { length }]) =>
    length > mostFilters ? [`${name} has ${length} metric filters, of at most ${mostFilters}`] : [],
  );
}

/** `[namespace, name, dimension, value, ..., options]`, or `[{ expression }]`. */
const metricLine = z.array(z.union([z.string(), z.looseObject({})])).superRefine((line, context) => {
  const names = line.filter((part) => typeof part === 'string');
  const [first] = line;
  const isExpression = line.length === 1 && typeof first === 'object' && 'expression' in first;
  const isMetric = names.length >= 2 && names.length % 2 === 0;
  if (!isExpression && !isMetric)
    context.addIssue({ code: 'custom', message: 'is neither a metric nor an expression' });
});

const widget = z
  .looseObject({
    type: z.enum(['metric', 'text', 'log', 'alarm', 'explorer']),
    x: z.int().min(0).max(23).optional(),
    y: z.int().min(0).optional(),
    width: z.int().min(1).max(24),
    height: z.int().min(1).max(1000),
    properties: z.looseObject({
      region: z.string().min(1).optional(),
      metrics: z.array(metricLine).max(500).optional(),
      query: z.string().startsWith('SOURCE ').optional(),
      alarms: z.array(z.string().startsWith('arn:')).min(1).max(100).optional(),
    }),
  })
  .superRefine(({ type, properties }, context) => {
    const needs = {
      metric: ['metrics', 'region'],
      log: ['query', 'region'],
      alarm: ['alarms'],
      text: [],
      explorer: [],
    };
    for (const name of needs[type]) {
      if (!(name in properties)) context.addIssue({ code: 'custom', message: `of the type ${type} needs ${name}` });
    }
  })
  .refine(({ x = 0, width }) => x + width <= 24, 'is wider than the page');

const body = z.strictObject({
  widgets: z.array(widget).max(500),
  start: z.string().optional(),
  end: z.string().optional(),
  periodOverride: z.enum(['auto', 'inherit']).optional(),
  variables: z.array(z.unknown()).max(25).optional(),
});

const mostMetrics = 2500;

export const dashboard = z.looseObject({
  DashboardName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/, 'is no name of a dashboard')
    .optional(),
  DashboardBody: z.string().transform((text, context) => {
    const parsed = body.safeParse(parse(text));
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.addIssue({ code: 'custom', message: `${path.join('.')} ${message}` });
    }
    const count = parsed.data?.widgets.flatMap(({ properties }) => properties.metrics ?? []).length ?? 0;
    if (count > mostMetrics) context.addIssue({ code: 'custom', message: `shows ${count} metrics of ${mostMetrics}` });
    return parsed.data;
  }),
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
