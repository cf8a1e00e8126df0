/**
 * What is watched of the API as a whole: each group of routes by its own share of failures, so that one that carries little
 * traffic is not drowned by the rest, and by few requests, so that a night is watched too (docs/decisions/009-metrics.md).
 */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type AlarmProps, type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { indexNames } from '../table-schema.ts';
import type { Alarms } from './alarms.ts';
import { functionMetric } from './function-metrics.ts';
import { capitalized, type GroupMetrics, type RouteMetrics } from './route-metrics.ts';

/** `Failing` under traffic: this many failures in five minutes, and this share of the group's requests. */
const failing = { period: Duration.minutes(5), leastFailures: 3, percent: 5 };

/** `Down` when hardly anybody asks: two failures in three hours, and most of what was asked. */
const down = { period: Duration.hours(3), leastFailures: 2, percent: 50 };

/** So many requests must be refused with 401, and be half of all: what fails then is the proof, not the callers. */
const unauthorized = { period: Duration.minutes(15), leastFailures: 10, percent: 50 };

const fiveMinutes = Duration.minutes(5);

/** Two of the last three periods of five minutes, so that one bad moment wakes nobody. */
const lasting: Partial<AlarmProps> = { evaluationPeriods: 3, datapointsToAlarm: 2 };

export interface Watched {
  api: HttpApi;
  routes: RouteMetrics;
  tableName: string;
  /** Dimension `service` of what functions measure. */
  service: string;
  accountConcurrency: number;
  /** Names of functions with a concurrency of their own, which are refused when they have used up that. */
  capped: readonly string[];
}

export function watchService(alarms: Alarms, watched: Watched): void {
  const { api, routes, tableName, service, accountConcurrency, capped } = watched;
  for (const group of routes.groups) watchGroup(alarms, group);

  const errors = api.metricServerError({ period: failing.period, statistic: 'Sum' });
  const requests = (period: Duration) => api.metricCount({ period, statistic: 'Sum' });
  alarms.add(
    'ServerErrors',
    share(errors, requests(failing.period), failing),
    0,
    `The gateway answered ${failing.percent} % of all requests 5xx, by its own count.`,
  );
  const refused = routes.unauthorized.with({ period: unauthorized.period });
  alarms.add(
    'Unauthorized',
    share(refused, requests(unauthorized.period), unauthorized),
    0,
    'Half of all requests are refused with 401: tokens of everybody, or a flood of bad ones.',
  );
  const latency = api.metricLatency({ period: fiveMinutes, statistic: 'p99' });
  alarms.add('Slow', latency, 15_000, 'One request in a hundred takes more than 15 s.', lasting);
  const reads = functionMetric('Latency', { service, group: 'reads' }).with({ period: fiveMinutes, statistic: 'p99' });
  alarms.add('ReadsSlow', reads, 3_000, 'One read in a hundred takes more than 3 s.', lasting);

  alarms.add(
    'Throttled',
    throttles(capped),
    0,
    'Lambda refused to run functions of this account: its concurrency is used up.',
    lasting,
  );
  const claimed = new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'ClaimedAccountConcurrency',
    statistic: 'Maximum',
    period: fiveMinutes,
  });
  alarms.add(
    'Concurrency',
    claimed,
    0.8 * accountConcurrency,
    'Four fifths of the account’s Lambda concurrency are taken.',
    lasting,
  );

  alarms.add(
    'TableThrottled',
    throttledEvents(tableName),
    10,
    'DynamoDB throttled reads of the table by key, or writes of it or an index.',
    lasting,
  );
  alarms.add(
    'ListsThrottled',
    throttledReads(tableName),
    10,
    'DynamoDB throttled reads of an index: lists answer late, or 503.',
    lasting,
  );
  alarms.add('TableErrors', systemErrors(tableName), 10, 'DynamoDB answered with errors of its own.', lasting);
}

function watchGroup(alarms: Alarms, { group, requests, failures }: GroupMetrics): void {
  const name = capitalized(group);
  const over = (rule: typeof failing) =>
    share(failures.with({ period: rule.period }), requests.with({ period: rule.period }), rule);
  alarms.add(
    `${name}Failing`,
    over(failing),
    0,
    `${failing.percent} % of the requests to ${group} failed with 5xx within five minutes, ${failing.leastFailures} at least.`,
  );
  alarms.add(
    `${name}Down`,
    over(down),
    0,
    `Half of the few requests to ${group} failed with 5xx within three hours, ${down.leastFailures} at least.`,
  );
}

/** The failures, when they are enough of all to ring; else zero. Without a division, since all may be none. */
function share(failures: Metric, requests: Metric, rule: typeof failing): MathExpression {
  return new MathExpression({
    expression: `IF(failures >= ${rule.leastFailures} AND 100 * failures >= ${rule.percent} * requests, failures, 0)`,
    usingMetrics: { failures, requests },
    label: 'failures that ring',
    period: rule.period,
  });
}

/** Of the whole account, less those of functions that have used up a concurrency of their own: a cap that works is no fault. */
function throttles(capped: readonly string[]): IMetric {
  const of = (dimensionsMap: Record<string, string>) =>
    new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'Throttles',
      dimensionsMap,
      statistic: 'Sum',
      period: fiveMinutes,
    });
  // An alarm reads ten metrics: where more functions are capped, theirs count as well.
  if (capped.length === 0 || capped.length > 9) return of({});
  const own = Object.fromEntries(capped.map((FunctionName, index) => [`capped${index}`, of({ FunctionName })]));
  const expression = `FILL(all, 0)${Object.keys(own)
    .map((id) => ` - FILL(${id}, 0)`)
    .join('')}`;
  return new MathExpression({
    expression,
    usingMetrics: { all: of({}), ...own },
    label: 'throttles',
    period: fiveMinutes,
  });
}

/** Source: DynamoDB developer guide, "DynamoDB Metrics and dimensions". */
export function tableMetric(metricName: string, dimensionsMap: Record<string, string>, statistic = 'Sum'): Metric {
  return new Metric({ namespace: 'AWS/DynamoDB', metricName, dimensionsMap, statistic, period: fiveMinutes });
}

/** An index that cannot keep up throttles writes of the table: each has its own events. */
export function throttledEvents(TableName: string): MathExpression {
  const events = [
    tableMetric('ReadThrottleEvents', { TableName }),
    tableMetric('WriteThrottleEvents', { TableName }),
    ...indexNames.map((GlobalSecondaryIndexName) =>
      tableMetric('WriteThrottleEvents', { TableName, GlobalSecondaryIndexName }),
    ),
  ];
  return sum(events, 'throttled events');
}

/** Every list is a query of an index, whose reads the table's own metric leaves out. */
function throttledReads(TableName: string): MathExpression {
  const events = indexNames.map((GlobalSecondaryIndexName) =>
    tableMetric('ReadThrottleEvents', { TableName, GlobalSecondaryIndexName }),
  );
  return sum(events, 'throttled reads');
}

/** What the functions send. Counted per operation alone, so there is no metric of them together. */
export const tableOperations = [
  'GetItem',
  'BatchGetItem',
  'Query',
  'Scan',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'TransactWriteItems',
] as const;

function systemErrors(TableName: string): MathExpression {
  return sum(
    tableOperations.map((Operation) => tableMetric('SystemErrors', { TableName, Operation })),
    'errors of DynamoDB',
  );
}

/** Metrics that are there only while something is wrong: those that are missing are zero. */
function sum(metrics: Metric[], label: string): MathExpression {
  const named = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  const expression = Object.keys(named)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics: named, label, period: fiveMinutes });
}
