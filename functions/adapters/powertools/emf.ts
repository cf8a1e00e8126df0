/**
 * CloudWatch's embedded metric format by Powertools, which knows its limits and units. Only its serializer is used, so that
 * one line can hold metrics of several sets of dimensions: Powertools itself would write every metric under every set.
 * Source: CloudWatch user guide, "Specification: Embedded metric format".
 */
import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';

/** Metrics that share their dimensions. */
export interface MetricSet {
  /** Beside `service`. */
  dimensions: Record<string, string>;
  values: { name: string; unit: (typeof MetricUnit)[keyof typeof MetricUnit]; value: number }[];
}

/** Gives one line, or undefined when there is nothing in the sets. `properties` can be searched in the log and are no dimensions. */
export type Emf = (sets: MetricSet[], properties: Record<string, string>) => string | undefined;

export interface EmfOptions {
  namespace: string;
  /** The dimension `service`. */
  service: string;
  warn(message: string): void;
}

/** Makes the writer. It throws what Powertools throws: a name, unit or value that CloudWatch would not take. */
export function createEmf({ namespace, service, warn }: EmfOptions): Emf {
  const logger = { debug() {}, info() {}, warn, error: warn, trace() {} };
  const metrics = new Metrics({ namespace, serviceName: service, logger });

  function serialize({ dimensions, values }: MetricSet) {
    try {
      for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
      for (const { name, unit, value } of values) metrics.addMetric(name, unit, value);
      return metrics.serializeMetrics();
    } finally {
      metrics.clearMetrics();
      metrics.clearDimensions();
    }
  }

  return (sets, properties) => {
    const parts = sets.filter(({ values }) => values.length > 0).map(serialize);
    const [first] = parts;
    if (first === undefined) return undefined;
    const CloudWatchMetrics = parts.flatMap((part) => part._aws.CloudWatchMetrics);
    return JSON.stringify(Object.assign({}, properties, ...parts, { _aws: { ...first._aws, CloudWatchMetrics } }));
  };
}
