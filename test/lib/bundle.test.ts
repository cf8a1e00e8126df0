import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Contract } from '#contracts/contract.ts';
import { bundleFunctions, type FunctionBundle } from '#lib/bundle.ts';
import { functionKeys, routeTable, type Use } from '#lib/routes.ts';
import { cachedBundle } from '#local/bundle-cache.ts';
import { writeFunctions } from './stack-fixture.ts';

const root = join(import.meta.dirname, '../..');
const outdir = mkdtempSync(join(tmpdir(), 'stowage-bundle-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe('the bundler', () => {
  const row = { method: 'GET', auth: 'public', uses: [], summary: '' } as const;
  const routes = { endpoints: { 'a/one': { ...row, path: '/1' }, 'a/two': { ...row, path: '/2' } }, workers: {} };
  const keys = Object.keys(routes.endpoints);

  test('names every row that has no file', async () => {
    const functions = writeFunctions({ ...routes, endpoints: { 'a/one': routes.endpoints['a/one'] } });
    const bundling = bundleFunctions({
      keys: [...keys, 'b/three'],
      functionsRoot: functions.dir,
      outdir: join(outdir, 'none'),
    });
    await expect(bundling).rejects.toThrow(/'a\/two' wants .*two\.ts\n.*'b\/three' wants/);
    functions.remove();
  });

  test('makes one file a function, which runs, also when it requires what is CommonJS', async () => {
    const functions = writeFunctions(routes);
    writeFileSync(join(functions.dir, 'a/legacy.cjs'), "module.exports = require('node:path').sep;");
    writeFileSync(
      join(functions.dir, 'a/one.ts'),
      "import sep from './legacy.cjs';\nexport const handler = async (): Promise<string> => sep;",
    );
    const bundles = await bundleFunctions({ keys, functionsRoot: functions.dir, outdir: join(outdir, 'some') });
    expect(readdirSync(join(outdir, 'some'), { recursive: true }).sort()).toEqual(
      ['a', 'a/one', 'a/one/index.mjs', 'a/two', 'a/two/index.mjs'].sort(),
    );
    const { handler } = await import(pathToFileURL(join(bundles['a/one']?.dir ?? '', 'index.mjs')).href);
    expect(await handler()).toBe('/');
    expect(bundles['a/one']?.inputs.some((path) => path.endsWith('legacy.cjs'))).toBe(true);
    functions.remove();
  });

  test('leaves out what an endpoint answers, which the document is made of and no request is checked against', async () => {
    const functions = writeFunctions(routes);
    const contract = "{\n  success: 200,\n  answer: { fields: ['of an answer', [1, 2]] },\n  tag: 'admin',\n}";
    writeFileSync(
      join(functions.dir, 'a/one.ts'),
      `export const contract = ${contract};\nexport const handler = async () => contract;`,
    );
    const bundles = await bundleFunctions({ keys, functionsRoot: functions.dir, outdir: join(outdir, 'unanswered') });
    const { handler } = await import(pathToFileURL(join(bundles['a/one']?.dir ?? '', 'index.mjs')).href);
    expect(await handler()).toEqual({ success: 200, tag: 'admin' });
    functions.remove();
  });

  test('leaves nothing of an earlier run behind', async () => {
    const functions = writeFunctions(routes);
    await bundleFunctions({ keys, functionsRoot: functions.dir, outdir: join(outdir, 'again') });
    await bundleFunctions({ keys: ['a/two'], functionsRoot: functions.dir, outdir: join(outdir, 'again') });
    expect(readdirSync(join(outdir, 'again/a'))).toEqual(['two']);
    functions.remove();
  });
});

/**
 * Cold start is import time, and import time is bytes. Who touches bytes in a bucket carries the S3 client and says so by
 * its row; who only signs carries the presigner alone.
 */
const budgets = { client: 685_000, others: 400_000 };

const holds = ({ inputs }: FunctionBundle, name: string) =>
  inputs.some((path) => path.includes(`node_modules/${name}/`));

/** What no function may carry: the SDK's default credential chain, which Lambda has no use for, and whole libraries. */
const deadWeight = [
  /@aws-sdk\/(nested-clients|token-providers|credential-provider-(?!env\/))/,
  /@smithy\/(credential-provider-imds|core\/.*\/event-streams\/)/,
  /node_modules\/zod\/.*\/(locales\/(?!en\.)|classic\/)/,
];

/** What is wrong with a bundle, in words. */
function offences(key: string, uses: readonly Use[], bundle: FunctionBundle): string[] {
  const { bytes, inputs, externals } = bundle;
  const hasClient = holds(bundle, '@aws-sdk/client-s3');
  const budget = hasClient ? budgets.client : budgets.others;
  const heavy = inputs.filter(
    (path) =>
      deadWeight.some((pattern) => pattern.test(path)) ||
      (path.includes('@aws-sdk/client-s3/') && !uses.includes('r2')),
  );
  const early = externals.filter(
    ({ path, kind }) => kind === 'import-statement' && !(path === 'sharp' && uses.includes('images')),
  );
  return [
    ...(bytes <= budget ? [] : [`${key} is ${bytes} bytes, of at most ${budget}`]),
    ...heavy.map((path) => `${key} holds ${path}`),
    ...early.map(({ path }) => `${key} imports ${path} at start, which is not there`),
  ];
}

test('a bundle with an S3 client its row does not tell of, all of zod, sharp without its layer or too many bytes is found', async () => {
  const row = { method: 'GET', path: '/', auth: 'public', uses: [], summary: '' } as const;
  const functions = writeFunctions({ endpoints: { bad: row }, workers: {} });
  const modules = (path: string) => JSON.stringify(join(root, 'node_modules', path));
  writeFileSync(
    join(functions.dir, 'bad.ts'),
    `import { S3Client } from ${modules('@aws-sdk/client-s3')};
import { z } from ${modules('zod/index.js')};
import sharp from 'sharp';
export const handler = () => [new S3Client(), z.string(), sharp(), '${'x'.repeat(budgets.client)}'];`,
  );
  const { bad } = await bundleFunctions({ keys: ['bad'], functionsRoot: functions.dir, outdir: join(outdir, 'bad') });
  functions.remove();
  expect(bad && offences('bad', [], bad)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/bad is \d+ bytes/),
      expect.stringMatching(/bad holds .*client-s3/),
      expect.stringMatching(/bad holds .*zod.*locales/),
      'bad imports sharp at start, which is not there',
    ]),
  );
});

describe('the bundles of the product', () => {
  const { endpoints, workers, fallback } = routeTable;
  const rows: Record<string, { uses: readonly Use[] }> = { ...endpoints, ...workers, fallback };
  let bundles: Record<string, FunctionBundle>;
  beforeAll(async () => {
    // Those that the one-machine cloud runs, which are `bundleFunctions`' own.
    const [keys, functionsRoot] = [functionKeys(routeTable), join(root, 'functions')];
    bundles = await cachedBundle()({ keys, functionsRoot, outdir: join(outdir, 'product') });
  });

  /** Keys of the bundles that a source file is part of, sorted. */
  const carrying = (file: string) =>
    Object.keys(bundles)
      .filter((key) => bundles[key]?.inputs.includes(file))
      .sort();

  /** Keys of the endpoints with such a contract, sorted. */
  async function contractsWhere(is: (contract: Contract) => boolean): Promise<string[]> {
    const keys = Object.keys(endpoints).map(async (key) => {
      const file = pathToFileURL(join(root, 'functions', `${key}.ts`)).href;
      const { contract } = (await import(file)) as { contract: Contract };
      return is(contract) ? [key] : [];
    });
    return (await Promise.all(keys)).flat().sort();
  }

  test('are small, carry nothing they do not need and import nothing that is not there', () => {
    const found = Object.entries(bundles).flatMap(([key, bundle]) => offences(key, rows[key]?.uses ?? [], bundle));
    expect(found).toEqual([]);
  });

  test('carry the S3 client only where bytes are touched: who only signs has the presigner and half the weight', () => {
    const signing = Object.entries(bundles).filter(
      ([, bundle]) => holds(bundle, '@aws-sdk/s3-request-presigner') && !holds(bundle, '@aws-sdk/client-s3'),
    );
    expect(signing.map(([key]) => key)).toEqual(
      expect.arrayContaining(['extensions/session-files-get', 'extensions/session-files-list', 'uploads/url']),
    );
    const touching = Object.entries(bundles).filter(([, bundle]) => holds(bundle, '@aws-sdk/client-s3'));
    expect(touching.map(([key]) => key)).toEqual(
      expect.arrayContaining(['extensions/session-files-upload', 'uploads/complete', 'workers/cleanup']),
    );
  });

  test('carry the writes of records only where records are written', () => {
    const readers = Object.keys(endpoints).filter((key) => rows[key]?.uses.includes('table.read'));
    expect(readers.length).toBeGreaterThan(10);
    for (const file of ['file-writes.ts', 'idempotency.ts']) {
      const writing = carrying(`functions/adapters/dynamo/${file}`);
      expect(readers.filter((key) => writing.includes(key))).toEqual([]);
      expect(writing).toEqual(expect.arrayContaining(['extensions/session-files-upload', 'uploads/presign']));
    }
  });

  test('are made of the dependencies of package.json, and of nothing that is there for development only', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const sources = Object.values(bundles).flatMap(({ inputs }) =>
      inputs.filter((path) => !/node_modules|^(builtin|rows):/.test(path)),
    );
    const named = new Set(['sharp']);
    // A re-export leaves no bytes of its own.
    for (const file of new Set([...sources, 'lib/lambda-credentials.ts'])) {
      const imports = readFileSync(join(root, file), 'utf8').matchAll(/^(?!import type).*\bfrom '([@\w][^':]*)'/gm);
      for (const [, specifier = ''] of imports) {
        named.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
      }
    }
    expect(Object.keys(dependencies).sort()).toEqual([...named].sort());
  });

  test('carry their own rows of the route table, and none of an endpoint they have nothing to do with', () => {
    const summaries = Object.entries(endpoints).map(([key, { summary }]) => ({ key, text: JSON.stringify(summary) }));
    for (const [key, { dir }] of Object.entries(bundles)) {
      const code = readFileSync(join(dir, 'index.mjs'), 'utf8');
      const held = summaries.filter(({ text }) => code.includes(text.slice(1, -1))).map((row) => row.key);
      if (Object.hasOwn(endpoints, key)) expect(held).toContain(key);
      // A form names the two routes of the direct upload, the fallback has two forms and a list.
      expect(held.length, key).toBeLessThanOrEqual(key === 'fallback' ? 6 : 4);
    }
  });

  test('carry the form parser where a form is taken, and nowhere else', async () => {
    const taking = await contractsWhere(({ form }) => form !== undefined);
    const parsing = Object.keys(bundles).filter((key) => bundles[key]?.inputs.some((path) => /busboy/.test(path)));
    // The fallback answers for an upload whose path ends in a slash.
    expect(parsing.sort()).toEqual([...taking, 'fallback'].sort());
  });

  test('start without any environment and hand over a handler', async () => {
    const script = `for (const file of process.argv.slice(1)) {
      const { handler } = await import(file);
      if (typeof handler !== 'function') throw new Error(file + ' exports no handler');
    }`;
    const files = Object.values(bundles).map(({ dir }) => pathToFileURL(join(dir, 'index.mjs')).href);
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...files], {
      encoding: 'utf8',
      env: {},
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
