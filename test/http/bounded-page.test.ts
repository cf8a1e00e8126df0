import { describe, expect, it } from 'vitest';
import { newUploadView, type Places, uploadView } from '#contracts/upload-views.ts';
import { pageOf } from '#core/files/page-of.ts';
import type { PageRequest } from '#core/files/store.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { envelopeBytes, itemsBytes, surelyFits } from '#http/envelope.ts';
import { jsonResponse } from '#http/respond.ts';
import { uploadFile } from '#test/support/records.ts';

/** Of a synchronous invocation, as Lambda measures it. */
const lambdaBytes = 6_291_556;

const weightOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(jsonResponse(200, answer, 'request')));
const emptyBytes = weightOf('') - 4;

const texts = [
  ['quotes', '"'.repeat(251)],
  ['backslashes', '\\'.repeat(99)],
  ['CJK', '写真'.repeat(40)],
  ['emoji', '👩‍👩‍👧🏽'.repeat(12)],
  ['control characters', Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')],
  ['halves of surrogate pairs', '\ud83d\ude00\ud83d \ude00'],
  ['DEL, C1 and line separators', '\u007f\u0080\u009f\u2028\u2029\ufeff'],
  ['letters', 'photo.jpg'],
  ['nothing', ''],
] as const;

describe('the weight of a value in an answer', () => {
  it.each(texts)('is exact for %s', (_, text) => {
    for (const value of [text, { [text]: text, list: [text, 1, null, true, { text }] }]) {
      expect(envelopeBytes(value)).toBe(weightOf(value) - emptyBytes);
    }
  });

  it.each(texts)('is never above what a value of %s is let through for', (_, text) => {
    const bytes = envelopeBytes({ text });
    expect(surelyFits({ text }, bytes - 1)).toBe(false);
    expect(surelyFits({ text }, 3 * bytes)).toBe(true);
  });
});

interface Item {
  id: number;
  text: string;
}

/** A list in memory that tells what was read of it. */
function listed(all: readonly Item[]) {
  const reads: PageRequest[] = [];
  const cursorOf = ({ id }: Item) => String(id);
  return {
    reads,
    read(page: PageRequest) {
      reads.push(page);
      return pageOf(all, page, { cursorOf, follows: (id, cursor) => Number(id) > Number(cursor) });
    },
    view: (item: Item) => item,
    cursorOf,
  };
}

const itemsOf = (count: number, text: string) => Array.from({ length: count }, (_, id) => ({ id, text }));

describe('a page of a list', () => {
  it.each([...texts, ['a text heavier than any answer', 'x'.repeat(itemsBytes)] as const])(
    'of %s is below the limit, and walking shows each item once',
    async (_, text) => {
      const all = itemsOf(text.length > 1000 ? 3 : 30_000 / (1 + text.length / 100), text);
      const list = listed(all);
      const seen: Item[] = [];
      let cursor: string | undefined;
      do {
        const page: { items: Item[]; cursor?: string | undefined } = await boundedPage({ cursor }, list);
        expect(weightOf(page)).toBeLessThan(lambdaBytes);
        if (page.cursor !== undefined && text.length < 1000) {
          expect(weightOf(page)).toBeGreaterThan(itemsBytes - 10_000);
        }
        seen.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(all);
    },
  );

  it('of ordinary length is one read, and has no cursor', async () => {
    const list = listed(itemsOf(200, 'photo.jpg'));
    const page = await boundedPage({}, list);
    expect(page.items).toHaveLength(200);
    expect(page.cursor).toBeUndefined();
    expect(list.reads).toHaveLength(1);
  });

  it('of a long list reads little more than it shows', async () => {
    const list = listed(itemsOf(20_000, '"'.repeat(1000)));
    const { items } = await boundedPage({}, list);
    const read = list.reads.reduce((sum, { limit }) => sum + limit, 0);
    expect(read).toBeLessThanOrEqual(items.length + 500);
  });

  it('has as many items as were asked for, and a cursor where there are more', async () => {
    const list = listed(itemsOf(1200, 'photo.jpg'));
    const page = await boundedPage({ limit: 700, cursor: '9' }, list);
    expect(page.items.map(({ id }) => id)).toEqual(Array.from({ length: 700 }, (_, index) => index + 10));
    expect(page.cursor).toBe('709');
    expect((await boundedPage({ limit: 491, cursor: '708' }, list)).cursor).toBeUndefined();
    expect(await boundedPage({ cursor: '1199' }, list)).toEqual({ items: [] });
  });
});

describe('a page of uploads', () => {
  it('fits with all the files it may have, whatever their names are', () => {
    const id = '|'.repeat(128);
    const places: Places = {
      buckets: { default: 'b'.repeat(63), public: 'b'.repeat(63) },
      endpoint: `https://${'e'.repeat(500)}`,
      publicBaseUrl: `https://${'e'.repeat(500)}`,
    };
    const of = uploadFile({ userId: id, mimeType: `text/${'"'.repeat(250)}`, originalName: '"'.repeat(255) });
    const file = { ...of, key: `private/${id}/${of.id}.${'x'.repeat(32)}`, bucket: 'default' as const };
    const data = Array.from({ length: 100 }, () => uploadView(file, places));
    expect(newUploadView(file, places).url).toContain('%7C'.repeat(128));
    expect(envelopeBytes(data)).toBeLessThan(itemsBytes / 10);
  });
});
