import { describe, expect, test } from 'vitest';
import { adminHtml, adminPolicy } from '../../admin/page.ts';
import { filledPage, type Page } from '../../admin/src/api.ts';
import { formatBytes, formatDistance, formatDuration, words } from '../../admin/src/format.ts';

describe('a size', () => {
  test.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10_485_760, '10 MiB'],
    [13_107_200, '12.5 MiB'],
    [524_288_000, '500 MiB'],
    [1_000_000_000_000, '931 GiB'],
    [2 ** 40, '1 TiB'],
  ])('of %i bytes is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('a time', () => {
  test.each([
    [86_400, '1 day'],
    [172_800, '2 days'],
    [90_000, '25 hours'],
    [5400, '90 minutes'],
    [61, '61 seconds'],
    [0, '0 seconds'],
  ])('of %i seconds is %s, in a unit that divides it', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test('is told by its distance in the largest unit that fits', () => {
    const now = Date.parse('2026-01-02T12:00:00Z');
    expect(formatDistance('2026-01-02T11:57:00Z', now)).toBe('3 minutes ago');
    expect(formatDistance('2026-01-03T11:00:00Z', now)).toBe('in 23 hours');
    expect(formatDistance('2026-01-12T12:00:00Z', now)).toBe('in 10 days');
  });
});

test('names of the API are written as people write them', () => {
  expect(['stuckPending', 'rolled_back', 'bucket.default', 'progress_photo'].map(words)).toEqual([
    'Stuck pending',
    'Rolled back',
    'Bucket default',
    'Progress photo',
  ]);
});

describe('a page of a filtered list', () => {
  /** A list of which each request finds as many as told, and how often it was asked. */
  function listOf(found: number[]) {
    const asked: (string | undefined)[] = [];
    const page = async (cursor: string | undefined): Promise<Page<number>> => {
      asked.push(cursor);
      const at = Number(cursor ?? 0);
      const more = at + 1 < found.length ? { cursor: `${at + 1}` } : {};
      return { items: Array.from({ length: found[at] ?? 0 }, () => at), ...more };
    };
    return { page, asked };
  }

  test('goes on over requests that find nothing until it has some', async () => {
    const { page, asked } = listOf([0, 1, 30, 30]);
    const { items, cursor } = await filledPage(page, undefined);
    expect(items).toHaveLength(31);
    expect({ asked, cursor }).toEqual({ asked: [undefined, '1', '2'], cursor: '3' });
  });

  test('stops after five requests, with the cursor to go on by', async () => {
    const { page, asked } = listOf([0, 0, 0, 0, 0, 1]);
    expect(await filledPage(page, undefined)).toEqual({ items: [], cursor: '5' });
    expect(asked).toHaveLength(5);
    expect(await filledPage(page, '5')).toEqual({ items: [5] });
  });
});

describe('the page', () => {
  test('may reach the API and show files of the told origins, and nothing else', () => {
    const policy = adminPolicy({ apiUrl: 'https://files.example.com', filesOrigins: ['https://r2.example.com'] });
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data: https://r2.example.com",
      'connect-src': "'self' https://files.example.com",
      'base-uri': "'none'",
      'form-action': "'none'",
    });
  });

  test('cannot be broken out of by what it is told', () => {
    const html = adminHtml({ apiUrl: 'https://x"><script>alert(1)</script>' });
    expect(html).not.toContain('<script>alert');
  });
});
