/** What follows from what wakes a worker. */
import type { StowageConfig } from './config.ts';
import type { RouteTable, WorkerSource } from './routes.ts';

/** A worker that nothing would ever wake is not deployed. */
export function isWanted(source: WorkerSource, { events }: StowageConfig): boolean {
  if ('fileChanges' in source) return events !== undefined;
  return !('webhooks' in source) || (events?.webhooks.length ?? 0) > 0;
}

/** Seconds that the slowest worker of a source may run, 30 at least. */
export function timeoutOf({ workers }: RouteTable, isMeant: (source: WorkerSource) => boolean): number {
  const timeouts = Object.values(workers).flatMap(({ source, timeoutSeconds }) =>
    isMeant(source) ? timeoutSeconds : [],
  );
  return Math.max(30, ...timeouts);
}
