import type { Page, PageRequest } from './store.ts';

/**
 * A page of a list that has to be read whole for another reason: what `follows` the cursor in the list's order, which
 * need not be there any more.
 */
export function pageOf<T>(
  list: readonly T[],
  { limit, cursor }: PageRequest,
  { cursorOf, follows }: { cursorOf: (item: NoInfer<T>) => string; follows: (item: string, cursor: string) => boolean },
): Page<T> {
  const rest = cursor === undefined ? list : list.filter((item) => follows(cursorOf(item), cursor));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return last === undefined || items.length === rest.length ? { items } : { items, cursor: cursorOf(last) };
}
