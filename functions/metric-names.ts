/**
 * What functions measure, by the names CloudWatch has: functions write these, the alarms and the dashboard of the stack read
 * them. Plain data. Dimensions have few values; an id of a user, an app or a file is never one.
 */

/** Namespace of everything that functions measure; the dimension `service` is the stack's name. */
export const metricNamespace = 'Stowage';

/** Dimension `group` beside `service`: see `RouteGroup`, and `workers`. */
export const groupMetrics = {
  /** From the first line of the handler to its answer. A function that dies has none. */
  Latency: 'Milliseconds',
} as const;

/** Dimension `service` alone. */
export const serviceMetrics = {
  /** Files that became ready, and their bytes. */
  Uploads: 'Count',
  UploadedBytes: 'Bytes',
  /** What one invocation waited for DynamoDB and for R2, all its calls together. */
  TableTime: 'Milliseconds',
  BucketTime: 'Milliseconds',
  /** Calls that R2 did not answer, or answered with a failure of its own. */
  BucketFailures: 'Count',
  /** Writes that met another writer at the same item and were tried again. */
  Conflicts: 'Count',
  /** Messages and expiry tickets that a worker gave back, to be tried again or to end as dead letters. */
  WorkFailures: 'Count',
  /** What a reconcile run found: objects without record and records without object. */
  Orphans: 'Count',
  /** One for each run of reconcile that got through. */
  ReconcileRuns: 'Count',
} as const;

/** Dimension `code` beside `service`: the catalogue of refusals. */
export const codeMetrics = { Refusals: 'Count' } as const;

export type ServiceMetric = keyof typeof serviceMetrics;
