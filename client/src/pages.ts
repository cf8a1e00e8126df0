/** Lists come page by page, since an answer carries only so much; most callers want all of it. */
interface ListPage {
  items: unknown[];
  cursor?: string;
}

const lists: readonly string[] = ['files.list', 'files.staged.list'];

/** Whether this asks for a whole list: naming a limit or a cursor asks for one page of it. */
export function isWholeList(action: string, payload: unknown): boolean {
  const { limit, cursor } = (payload ?? {}) as Record<string, unknown>;
  return lists.includes(action) && limit === undefined && cursor === undefined;
}

/** Asks page after page, each in a message of its own, and answers like the last one with the items of all. */
export async function wholeList(ask: (page: { cursor?: string }) => Promise<unknown>): Promise<unknown> {
  let page = (await ask({})) as ListPage;
  if (page?.cursor === undefined) return page;
  const items = [...page.items];
  while (page.cursor !== undefined) {
    const next = (await ask({ cursor: page.cursor })) as ListPage;
    // Whoever answers knows no cursors: the caller is told by the one that stays that there is more.
    if (next.cursor === page.cursor) break;
    items.push(...next.items);
    page = next;
  }
  return { ...page, items };
}
