/** The route table as the stack sees it, so that tests can hand it another one. */
import {
  type EndpointRow,
  endpoints,
  type FallbackRow,
  fallback,
  type WorkerRow,
  workers,
} from '../functions/routes.ts';

export type { EndpointRow, FallbackRow, Use, WatchedLines, WorkerRow, WorkerSource } from '../functions/routes.ts';
export { webhookTries } from '../functions/routes.ts';

/** Rows by key; the key is the file, `<functions root>/<key>.ts`. */
export interface RouteTable {
  endpoints: Readonly<Record<string, EndpointRow>>;
  workers: Readonly<Record<string, WorkerRow>>;
  fallback?: FallbackRow;
}

/** Key of the one row that is neither an endpoint nor a worker. */
export const fallbackKey = 'fallback';

/** The product's own table. */
export const routeTable = { endpoints, workers, fallback } satisfies RouteTable;

/** Keys of every function of a table. */
export function functionKeys(routes: RouteTable): string[] {
  return [...Object.keys(routes.endpoints), ...Object.keys(routes.workers), ...(routes.fallback ? [fallbackKey] : [])];
}
