/** What functions measure themselves, as CloudWatch has it: see functions/metric-names.ts. */
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { codeMetrics, groupMetrics, metricNamespace, serviceMetrics } from '../../functions/metric-names.ts';
import type { RouteGroup } from '../../functions/routes.ts';

const names = { ...groupMetrics, ...serviceMetrics, ...codeMetrics };

/** The dimensions a metric has, so that none is asked for under others: an alarm on those would never ring. */
type Dimensions<Name extends keyof typeof names> = { service: string } & (Name extends keyof typeof groupMetrics
  ? { group: RouteGroup | 'workers' }
  : Name extends keyof typeof codeMetrics
    ? { code: string }
    : unknown);

export function functionMetric<Name extends keyof typeof names>(name: Name, dimensions: Dimensions<Name>): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { ...dimensions },
    statistic: names[name] === 'Milliseconds' ? 'p99' : 'Sum',
    period: Duration.minutes(5),
  });
}
