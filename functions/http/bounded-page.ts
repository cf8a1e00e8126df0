import type { Page, PageRequest } from '#core/files/store.ts';
import { envelopeBytes, itemsBytes, surelyFits } from './envelope.ts';

/** Where an answer's items come from, and how they are shown. */
export interface Listed<T, V> {
  /** At most `limit` items behind the cursor; a cursor where there are more. */
  read(page: PageRequest): Page<T> | Promise<Page<T>>;
  view(item: T): V | Promise<V>;
  /** What to send to have what follows this item. */
  cursorOf(item: NoInfer<T>): string;
}

/** Items read and signed at a time: one query of the table where records are of ordinary size. */
const readAtOnce = 500;

/**
 * A page of a list: as many items as were asked for (all, without a limit) and as an answer of Lambda carries, whichever
 * is fewer, and a cursor where there are more. Reads little more than it shows. At least one item is shown, so that
 * whoever follows the cursors gets to the end.
 */
export async function boundedPage<T, V>(
  { limit = Number.POSITIVE_INFINITY, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  { read, view, cursorOf }: Listed<T, V>,
): Promise<{ items: V[]; cursor?: string | undefined }> {
  const items: V[] = [];
  let room = itemsBytes;
  for (let after = cursor; ; ) {
    const page = await read({ limit: Math.min(readAtOnce, limit - items.length), cursor: after });
    const views = await Promise.all(page.items.map(view));
    const isLast = page.cursor === undefined || items.length + views.length >= limit;
    const { count, bytes } =
      isLast && surelyFits(views, room) ? { count: views.length, bytes: 0 } : fitting(views, room, items.length === 0);
    items.push(...views.slice(0, count));
    if (count < views.length) {
      const shown = page.items[count - 1];
      return { items, cursor: shown === undefined ? after : cursorOf(shown) };
    }
    if (isLast) return { items, cursor: page.cursor };
    room -= bytes;
    after = page.cursor;
  }
}

/** How many of them fit, and what they weigh with their commas. */
function fitting(views: readonly unknown[], room: number, atLeastOne: boolean): { count: number; bytes: number } {
  let bytes = 0;
  for (const [count, view] of views.entries()) {
    const more = bytes + envelopeBytes(view) + 1;
    if (more > room && !(atLeastOne && count === 0)) return { count, bytes };
    bytes = more;
  }
  return { count: views.length, bytes };
}
