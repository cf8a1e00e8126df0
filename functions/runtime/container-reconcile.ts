/** The parts that reconcile has beside those of `container.ts`. */
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import type { Bucket } from '#core/files/ports.ts';
import { cleanDeps, once, r2, scanQueue, table } from './container.ts';
import { required } from './env.ts';
import { envNames } from './env-names.ts';
import { log } from './log.ts';

/** The buckets there are. A compliance role that falls back to the default bucket is no bucket of its own. */
export function ownBuckets(): Bucket[] {
  const { buckets } = r2();
  const own = buckets.compliance !== undefined && buckets.compliance !== buckets.default;
  return [
    'default',
    ...(buckets.public === undefined ? [] : ['public' as const]),
    ...(own ? ['compliance' as const] : []),
  ];
}

/**
 * Milliseconds from the beginning of one pass of the schedule to that of the next. Half an hour less than the hours that are
 * set: the schedule comes by the hour, and a little early or late.
 */
export const passEveryMs = () => required(envNames.reconcilePassHours) * 3_600_000 - 1_800_000;

/** What reconcile works with. */
export const reconcileDeps = /* @__PURE__ */ once(() => ({
  ...cleanDeps(),
  scans: scanQueue(),
  store: createReconcileStore(table()),
  lister: createObjectLister(r2()),
  buckets: ownBuckets(),
  graceMs: required(envNames.orphanGraceDays) * 86_400_000,
  log,
}));
