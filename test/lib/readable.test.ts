import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundleFunctions } from '#lib/bundle.ts';
import { readableByAll } from '#lib/readable.ts';
import { writeFunctions } from './stack-fixture.ts';

const dir = mkdtempSync(join(tmpdir(), 'stowage-readable-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('a bundle is read by everybody, whatever the umask of whoever deploys: Lambda runs it as a user of its own', async () => {
  const row = { method: 'GET', auth: 'public', uses: [], summary: '' } as const;
  const functions = writeFunctions({ endpoints: { 'a/one': { ...row, path: '/1' } }, workers: {} });
  const before = process.umask(0o077);
  try {
    await bundleFunctions({ keys: ['a/one'], functionsRoot: functions.dir, outdir: join(dir, 'bundles') });
  } finally {
    process.umask(before);
    functions.remove();
  }
  expect(modeOf(join(dir, 'bundles/a/one/index.mjs'))).toBe('644');
  expect(['bundles', 'bundles/a', 'bundles/a/one'].map((path) => modeOf(join(dir, path)))).toEqual([
    '755',
    '755',
    '755',
  ]);
});

test('what could be run stays so', () => {
  mkdirSync(join(dir, 'layer'), { mode: 0o700 });
  writeFileSync(join(dir, 'layer/library.node'), '', { mode: 0o700 });
  readableByAll(join(dir, 'layer'));
  expect([modeOf(join(dir, 'layer')), modeOf(join(dir, 'layer/library.node'))]).toEqual(['755', '755']);
});
