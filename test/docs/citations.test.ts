import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { anchorOf, commentsOf, filesOf, headingsOf, read, root, withoutCode } from './pages.ts';

const sources = filesOf(/\.[cm]?[jt]s$/);
const pages = filesOf(/\.md$/);

/** Pages of ours that a text cites, with the headings it names. */
function citationsIn(text: string): { page: string; heading?: string | undefined }[] {
  return [...text.matchAll(/\b(docs\/[\w/-]+\.md)(?:, "([^"]+)")?/g)].map(([, page = '', heading]) => ({
    page,
    heading,
  }));
}

/** What is wrong with a citation, or undefined. */
function fault({ page, heading }: { page: string; heading?: string | undefined }): string | undefined {
  if (!existsSync(join(root, page))) return `${page} does not exist`;
  return heading === undefined || headingsOf(page).includes(heading)
    ? undefined
    : `${page} has no heading "${heading}"`;
}

/** Papers that no reader of the repository can open. */
const elsewhere = [
  /\bseed [123]\b/i,
  /\bthe seeds?(?:'s?)? (?:says?|shows?|tells?|marks?|names?|example|table|words?|numbers?)\b/i,
  /\b(?:contract|design),? sections? \d/i,
  /(?<!docs\/)\b(?:contract|design)\.md\b/,
  /\bplatform-facts\b|\bstyle\.md\b/,
];
const citesElsewhere = (text: string) => elsewhere.some((pattern) => pattern.test(text));

describe('comments', () => {
  test('cite pages of docs that exist, by headings that exist', () => {
    const faults = sources.flatMap((file) =>
      citationsIn(commentsOf(read(file))).flatMap((citation) => {
        const found = fault(citation);
        return found === undefined ? [] : [`${file}: ${found}`];
      }),
    );
    expect(faults).toEqual([]);
  });

  test('do cite them', () => {
    expect(sources.flatMap((file) => citationsIn(commentsOf(read(file)))).length).toBeGreaterThan(100);
  });

  test('cite no paper outside the repository', () => {
    const here = 'test/docs/citations.test.ts';
    expect(sources.filter((file) => file !== here && citesElsewhere(commentsOf(read(file))))).toEqual([]);
  });

  it.each([
    '/** As asked (seed 3, "Failure modes"). */',
    '/**\n * As asked (contract,\n * section 7).\n */',
    '// The order is what the seed says.',
    '/** See ../shared/design.md. */',
  ])('that do are found: %j', (comment) => {
    expect(citesElsewhere(commentsOf(comment))).toBe(true);
  });

  it.each([
    ['docs/nowhere.md', undefined],
    ['docs/contract.md', 'Nothing of the kind'],
  ])('that cite what is not there are found: %s, %s', (page, heading) => {
    const comment = `/**\n * So it is (${page}${heading === undefined ? '' : `,\n * "${heading}"`}).\n */`;
    expect(citationsIn(commentsOf(comment)).map(fault)).toEqual([expect.stringContaining(page)]);
  });
});

describe('pages', () => {
  it.each(pages)('%s links only to what is there', (page) => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const dead = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !headingsOf(target).map(anchorOf).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it.each(pages)('%s cites no paper outside the repository', (page) => {
    expect(citesElsewhere(read(page).replace(/\[[^\]]*\]\([^)]*\)/g, ''))).toBe(false);
  });

  it.each(pages)('%s has each heading once, so that a citation means one', (page) => {
    const headings = headingsOf(page);
    expect(headings.filter((heading, index) => headings.indexOf(heading) !== index)).toEqual([]);
  });

  test('begin with a README that is read in one go', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });
});

describe('the license', () => {
  test('is the same in every package, and named by each', () => {
    const text = read('LICENSE');
    expect(text).toContain('Apache License\n                           Version 2.0, January 2004');
    expect(text).toContain('END OF TERMS AND CONDITIONS');
    for (const folder of ['.', 'client', 'server', 'cli']) {
      expect(read(`${folder}/LICENSE`)).toBe(text);
      expect(JSON.parse(read(`${folder}/package.json`))).toMatchObject({ license: 'Apache-2.0' });
    }
  });
});
