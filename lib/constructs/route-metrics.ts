/**
 * Requests and failures by group of routes, counted from the gateway's access log: the one place that has a line for every
 * request, also when its function died, was throttled or could not be called (docs/decisions/009-metrics.md).
 */
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, type JsonPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { groupOf, type RouteGroup } from '../../functions/routes.ts';
import type { EndpointRow } from '../routes.ts';

/** Characters of a filter pattern. Source: CloudWatch Logs API reference, PutMetricFilter. */
const longestPattern = 1024;

export interface GroupMetrics {
  group: RouteGroup;
  requests: Metric;
  /** Answers 5xx. */
  failures: Metric;
}

export class RouteMetrics extends Construct {
  readonly groups: GroupMetrics[];
  /** Answers 401, over all routes. */
  readonly unauthorized: Metric;
  private readonly accessLog: ILogGroup;
  private readonly namespace: string;

  constructor(
    scope: Construct,
    id: string,
    props: { accessLog: ILogGroup; namespace: string; rows: readonly EndpointRow[] },
  ) {
    super(scope, id);
    this.accessLog = props.accessLog;
    this.namespace = props.namespace;
    const keys = Map.groupBy(props.rows, groupOf);
    this.groups = [...keys].map(([group, rows]) => {
      const name = capitalized(group);
      const routeKeys = rows.map(({ method, path }) => `${method} ${path}`);
      return {
        group,
        requests: this.count(`${name}Requests`, routeKeys, (routes) => routes),
        failures: this.count(`${name}Failures`, routeKeys, (routes) => FilterPattern.all(answered('5*'), routes)),
      };
    });
    this.unauthorized = this.filters('Unauthorized', [answered('401')]);
  }

  /** Counts lines of these routes. A group too long for one pattern has several, which count into one metric. */
  private count(metricName: string, routeKeys: string[], pattern: (routes: JsonPattern) => JsonPattern): Metric {
    const whole = (chunk: string[]) =>
      pattern(FilterPattern.any(...chunk.map((key) => FilterPattern.stringValue('$.routeKey', '=', key))));
    const chunks: string[][] = [];
    for (const key of routeKeys) {
      const last = chunks.at(-1);
      if (last && whole([...last, key]).logPatternString.length <= longestPattern) last.push(key);
      else chunks.push([key]);
    }
    return this.filters(metricName, chunks.map(whole));
  }

  private filters(metricName: string, patterns: JsonPattern[]): Metric {
    const metricNamespace = this.namespace;
    patterns.forEach((filterPattern, index) => {
      new MetricFilter(this, `${metricName}${index || ''}`, {
        logGroup: this.accessLog,
        filterPattern,
        metricNamespace,
        metricName,
        // While there is traffic at all, a group without any is at zero and not unknown.
        defaultValue: 0,
      });
    });
    return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', period: Duration.minutes(5) });
  }
}

const answered = (status: string) => FilterPattern.stringValue('$.status', '=', status);

/** As names of metrics and alarms begin. */
export const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
