import { describe, expect, it, test } from 'vitest';
import { kinds, pages } from './fences.ts';
import { blocksOf, fencedBlocks, filesOf, read } from './pages.ts';

const isRun = (page: string, fence: string) => kinds.some((kind) => kind.page === page && kind.fence === fence);

describe('the blocks of', () => {
  it.each(pages)('%s are each of a kind that a suite runs', (page) => {
    const unknown = fencedBlocks(page).filter(({ fence }) => !isRun(page, fence));
    expect(unknown.map(({ fence, code }) => `${fence}: ${code.slice(0, 60)}`)).toEqual([]);
  });

  it.each(pages)('%s begin at the margin, where they are found', (page) => {
    const between = read(page).replace(/^```.*\n[\s\S]*?^```$/gm, '');
    expect(between.match(/^.*(?:```|~~~).*$|<pre\b.*|^ {4}\S.*/gm) ?? []).toEqual([]);
  });
});

describe('a suite that runs blocks', () => {
  it.each(kinds)('$suite finds `$fence` on $page', ({ page, fence }) => {
    expect(blocksOf(page, fence).length).toBeGreaterThan(0);
  });

  // Those of programs run all that there are, and say so themselves.
  it.each(kinds.filter(({ suite }) => /runnable|shapes/.test(suite)))('$suite names $page, and `$fence`', (kind) => {
    expect(read(kind.suite)).toContain(`'${kind.page}'`);
    expect(read(kind.suite)).toContain(`'${kind.fence}'`);
  });
});

test('no other page says of a block that it is run', () => {
  const claims = filesOf(/\.md$/).flatMap((page) =>
    fencedBlocks(page).flatMap(({ fence }) =>
      /\brun\b/.test(fence) && !isRun(page, fence) ? [`${page}: ${fence}`] : [],
    ),
  );
  expect(claims).toEqual([]);
});

test('every page of docs/integrating is among them', () => {
  const found = filesOf(/\.md$/, 'docs/integrating');
  expect(found).toHaveLength(3);
  expect(found.filter((page) => !pages.includes(page))).toEqual([]);
});
