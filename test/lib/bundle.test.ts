import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { bundleFunctions } from '#lib/bundle.ts';
import { routeTable, type Use } from '#lib/routes.ts';
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

  test('leaves nothing of an earlier run behind', async () => {
    const functions = writeFunctions(routes);
    await bundleFunctions({ keys, functionsRoot: functions.dir, outdir: join(outdir, 'again') });
    await bundleFunctions({ keys: ['a/two'], functionsRoot: functions.dir, outdir: join(outdir, 'again') });
    expect(readdirSync(join(outdir, 'again/a'))).toEqual(['two']);
    functions.remove();
  });
});

/** Cold start is import time, and import time is bytes: see the README's figures. */
const byteBudget = 500_000;

/** The full S3 client is 430 kB that most functions do not need: they sign with the bare signer. */
const mayUseS3Client: readonly string[] = [];

describe('the bundles of the product', async () => {
  const rows: Record<string, { uses: readonly Use[] }> = { ...routeTable.endpoints, ...routeTable.workers };
  const bundles = await bundleFunctions({
    keys: Object.keys(rows),
    functionsRoot: join(root, 'functions'),
    outdir: join(outdir, 'product'),
  });

  describe.each(Object.entries(bundles))('%s', (key, { bytes, inputs, externals }) => {
    test('is small', () => {
      expect(bytes).toBeLessThan(byteBudget);
    });

    test('holds neither the S3 client nor the whole of zod', () => {
      const heavy = inputs.filter(
        (path) =>
          (path.includes('@aws-sdk/client-s3/') && !mayUseS3Client.includes(key)) ||
          /node_modules\/zod\/.*\/(locales\/(?!en\.)|classic\/)/.test(path),
      );
      expect(heavy).toEqual([]);
    });

    test('imports sharp at start only where the layer is', () => {
      const needed = externals.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
      expect(needed.filter((path) => path !== 'sharp' || !rows[key]?.uses.includes('images'))).toEqual([]);
    });
  });
});
