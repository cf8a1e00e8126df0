/** The API as the views call it: what `@stowage/server` has for administrators, and its lists page by page. */
import { createAdmin } from '../../server/src/admin.ts';
import { createCaller } from '../../server/src/caller.ts';
import type { AnyStowageError } from '../../server/src/errors.ts';
import { isStowageError } from '../../server/src/errors.ts';
import type { Schemas } from '../../server/src/operations.ts';

export type { Schemas } from '../../server/src/operations.ts';
export type AppFile = Schemas['AppFile'];
export type DeadLetterQueue = Schemas['DeadLetterQueue'];
export type Report = Schemas['ReconcileReport'];

/** Somebody looks at the page and may press the button themselves. */
const retries = 2;

export type Api = ReturnType<typeof createApi>;

/** Calls with one token. Every one rejects with a `StowageError`. */
export function createApi(baseUrl: string, token: string) {
  const options = { baseUrl, retries };
  return { admin: createAdmin({ ...options, token }), ...createCaller(options, async () => bearer(token)) };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export interface Page<T> {
  items: T[];
  cursor?: string;
  /** How many the whole list has, where the API tells. */
  count?: number;
}

/** Requests for one page of the view at most: each looks at a thousand records, and a rare match may be far. */
const mostRequests = 5;

/** A page with at least some items in it: pages of a filtered list may be short, even empty, and go on all the same. */
export async function filledPage<T>(
  page: (cursor: string | undefined) => Promise<Page<T>>,
  cursor: string | undefined,
  wanted = 20,
): Promise<Page<T>> {
  const items: T[] = [];
  let next = cursor;
  let count: number | undefined;
  for (let request = 0; request < mostRequests; request += 1) {
    const answer = await page(next);
    items.push(...answer.items);
    next = answer.cursor;
    count = answer.count;
    if (next === undefined || items.length >= wanted) break;
  }
  return { items, ...(next !== undefined && { cursor: next }), ...(count !== undefined && { count }) };
}

/** Whether the token is what was refused, so that only another one helps. */
export const refusesToken = (error: unknown): error is AnyStowageError =>
  isStowageError(error) && (error.status === 401 || error.status === 403);

/** Whether the stage has no such route: the gateway's or the fallback's 404, which names no file or app. */
export const isMissing = (error: unknown): boolean => isStowageError(error) && error.status === 404;
