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
