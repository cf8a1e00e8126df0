interface Page<T> {
  items: T[];
  cursor?: string;
}

/**
 * Every item of a list, page by page as they are taken (docs/contract.md, "Requests"): whoever stops early asks for no more.
 * Rejects with the error of the page that failed.
 */
export async function* everyItem<T>(page: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void> {
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    yield* answer.items;
    cursor = answer.cursor;
  } while (cursor !== undefined);
}
