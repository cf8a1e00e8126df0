/** One page on which somebody who was woken sees what is wrong, from the top: what rings, the API, its parts, its workers. */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  Metric,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { metricNamespace } from '../../functions/metric-names.ts';
import { routeGroups } from '../../functions/routes.ts';
import type { Alarms } from './alarms.ts';
import { functionMetric } from './function-metrics.ts';
import type { RouteMetrics } from './route-metrics.ts';
import { tableMetric, tableOperations, throttledEvents } from './service-alarms.ts';
import type { WorkQueue } from './work-queue.ts';

const period = Duration.minutes(5);

export interface Shown {
  alarms: Alarms;
  api: HttpApi;
  routes: RouteMetrics;
  accessLog: ILogGroup;
  tableName: string;
  /** Dimension `service` of what functions measure. */
  service: string;
  queues: Readonly<Record<string, WorkQueue>>;
  workers: Readonly<Record<string, IFunction>>;
}

/** Named after the stack, so that the stages of one account stand side by side. */
export function dashboard(scope: Construct, shown: Shown): Dashboard {
  const { alarms, api, routes, accessLog, tableName: TableName, service, queues, workers } = shown;
  const board = new Dashboard(scope, 'Dashboard', {
    dashboardName: service,
    defaultInterval: Duration.hours(12),
    periodOverride: PeriodOverride.AUTO,
  });
  const lambda = (metricName: string, statistic: string) =>
    new Metric({ namespace: 'AWS/Lambda', metricName, statistic, period, label: metricName });
  const labelled = (metric: Metric, label: string) => metric.with({ label });

  board.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 4, alarms: alarms.all }));
  board.addWidgets(
    third(
      'Requests by group',
      routes.groups.map(({ group, requests }) => labelled(requests, group)),
    ),
    third(
      'Failures (5xx) by group',
      routes.groups.map(({ group, failures }) => labelled(failures, group)),
    ),
    third('The gateway', [
      api.metricCount({ period, statistic: 'Sum', label: 'requests' }),
      api.metricClientError({ period, statistic: 'Sum', label: '4xx' }),
      api.metricServerError({ period, statistic: 'Sum', label: '5xx' }),
    ]),
  );
  board.addWidgets(
    third('Latency at the gateway, ms', [
      api.metricLatency({ period, statistic: 'p50', label: 'p50' }),
      api.metricLatency({ period, statistic: 'p99', label: 'p99' }),
    ]),
    third('Latency of functions by group, p50, ms', groupLatency(service, 'p50')),
    third('Latency of functions by group, p99, ms', groupLatency(service, 'p99')),
  );
  board.addWidgets(
    third('Uploads', [labelled(functionMetric('Uploads', { service }), 'files')], {
      right: [labelled(functionMetric('UploadedBytes', { service }), 'bytes')],
    }),
    third('Refusals by code', [refusalsByCode(service)]),
    third('Waiting for R2 and DynamoDB, p99, ms', [
      labelled(functionMetric('BucketTime', { service }), 'R2'),
      labelled(functionMetric('TableTime', { service }), 'DynamoDB'),
    ]),
  );
  board.addWidgets(
    third('R2 without an answer, conflicts, work given back', [
      labelled(functionMetric('BucketFailures', { service }), 'R2 failures'),
      labelled(functionMetric('Conflicts', { service }), 'conflicts'),
      labelled(functionMetric('WorkFailures', { service }), 'messages given back'),
    ]),
    third('DynamoDB latency by operation, p99, ms', [
      ...tableOperations.map((Operation) =>
        tableMetric('SuccessfulRequestLatency', { TableName, Operation }, 'p99').with({ label: Operation }),
      ),
    ]),
    third('DynamoDB throttles and transaction conflicts', [
      throttledEvents(TableName),
      tableMetric('TransactionConflict', { TableName }).with({ label: 'TransactionConflict' }),
    ]),
  );
  board.addWidgets(
    third('Age of the oldest message, s', [
      ...Object.entries(queues).map(([name, queue]) => queue.metricAge.with({ label: name, period })),
    ]),
    third('Messages waiting and in work', [
      ...Object.entries(queues).flatMap(([name, queue]) =>
        queue.metricDepths.map((metric, index) =>
          metric.with({ label: `${name} ${index ? 'in work' : 'waiting'}`, period }),
        ),
      ),
    ]),
    third(
      'Errors of workers',
      [...Object.entries(workers).map(([name, worker]) => worker.metricErrors({ period, label: name }))],
      { right: [...iteratorAge(workers)] },
    ),
  );
  board.addWidgets(
    third('Reconcile', [
      labelled(functionMetric('ReconcileRuns', { service }), 'runs that got through').with({
        period: Duration.hours(1),
      }),
      labelled(functionMetric('Orphans', { service }), 'orphans found').with({
        period: Duration.hours(1),
        statistic: 'Maximum',
      }),
    ]),
    third('Lambda concurrency of the account', [
      lambda('ClaimedAccountConcurrency', 'Maximum'),
      lambda('ConcurrentExecutions', 'Maximum'),
    ]),
    third('Lambda throttles of the account', [lambda('Throttles', 'Sum')]),
  );
  board.addWidgets(
    new LogQueryWidget({
      title: 'Failures by route',
      width: 24,
      height: 6,
      view: LogQueryVisualizationType.TABLE,
      logGroupNames: [accessLog.logGroupName],
      queryLines: [
        'filter status like /^5/',
        'stats count(*) as failures, latest(requestId) as example by routeKey, status, integrationError',
        'sort failures desc',
        'limit 30',
      ],
    }),
  );
  return board;
}

function third(title: string, left: IMetric[], more: Pick<GraphWidgetProps, 'right'> = {}): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, ...more });
}

const groupLatency = (service: string, statistic: string) =>
  routeGroups.map((group) => functionMetric('Latency', { service, group }).with({ statistic, label: group }));

/** A search, since only codes that were ever told have a metric. */
function refusalsByCode(service: string): MathExpression {
  const schema = `{${metricNamespace},service,code}`;
  const expression = `SEARCH('${schema} MetricName="Refusals" service="${service}"', 'Sum', 300)`;
  return new MathExpression({ expression, usingMetrics: {}, label: '', period });
}

const iteratorAge = (workers: Shown['workers']) =>
  Object.entries(workers)
    .filter(([name]) => /expiry/i.test(name))
    .map(([name, worker]) =>
      worker.metric('IteratorAge', { period, statistic: 'Maximum', label: `${name} behind the stream, ms` }),
    );
