/** The route table as the stack sees it, so that tests can hand it another one. */
import { type EndpointRow, endpoints, type WorkerRow, workers } from '../functions/routes.ts';

export type { EndpointRow, Use, WatchedLines, WorkerRow, WorkerSource } from '../functions/routes.ts';

/** Rows by key; the key is the file, `<functions root>/<key>.ts`. */
export interface RouteTable {
  endpoints: Readonly<Record<string, EndpointRow>>;
  workers: Readonly<Record<string, WorkerRow>>;
}

/** The product's own table. */
export const routeTable: RouteTable = { endpoints, workers };
