import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleServer, declareServer } from '../../server/build.ts';
import { root } from '../docs/pages.ts';
import { type Integration, integrate } from './fixture.ts';

/** The package as a stranger gets it: installed in a project of its own, beside nothing but Node's types. */
const project = mkdtempSync(join(tmpdir(), 'stowage-server-'));
const installed = join(project, 'node_modules/@stowage/server');
let world: Integration;

beforeAll(async () => {
  world = await integrate();
  mkdirSync(installed, { recursive: true });
  for (const file of ['package.json', 'README.md']) cpSync(join(root, 'server', file), join(installed, file));
  await bundleServer(join(installed, 'dist'));
  declareServer(join(installed, 'dist'));
  mkdirSync(join(project, 'node_modules/@types'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  symlinkSync(join(root, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
});
afterAll(async () => {
  rmSync(project, { recursive: true, force: true });
  await world.close();
});

const readme = () => readFileSync(join(installed, 'README.md'), 'utf8');
const blocksOf = (page: string, fence: string) =>
  [...page.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, code = '']) => (found === fence ? [code] : []));

/** Compiles all programs of the project. Throws with what the compiler says. */
function compile(options: object): void {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    ...options,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', '.'], { cwd: project, encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

describe('the package for backends', () => {
  test('is under 6200 bytes, minified and gzipped', () => {
    expect(gzipSync(readFileSync(join(installed, 'dist/index.js'))).byteLength).toBeLessThan(6200);
  });

  test('has no dependencies, and nothing that only Node has', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([]);
    const code = readFileSync(join(installed, 'dist/index.js'), 'utf8');
    expect(code).not.toMatch(/\bfrom\s*["']|\bimport\s*\(|\brequire\b|\bprocess\b|\bBuffer\b|node:/);
  });

  test.each([
    ['with Node alone', { lib: ['es2022'] }],
    ['with the DOM of a worker', { lib: ['es2022', 'webworker'], skipLibCheck: true }],
  ])('compiles strictly %s, as do the examples of its README', (_, options) => {
    const examples = blocksOf(readme(), 'ts');
    expect(examples.length).toBeGreaterThan(2);
    for (const [index, code] of examples.entries())
      writeFileSync(join(project, `example-${index}.ts`), `${code}\nexport {};\n`);
    const wrong =
      "import { createPlatform } from '@stowage/server';\nconst { claims } = createPlatform({ baseUrl: '', token: '' });";
    writeFileSync(
      join(project, 'wrong.ts'),
      `${wrong}\n// @ts-expect-error: no such target\nclaims.create('a', { userId: 'u', target: { type: 'key', id: 'k' }, config: {} });\n`,
    );
    expect(() => compile(options)).not.toThrow();
  });

  test('runs where nothing is but what workers have, and asks of fetch nothing that they refuse', async () => {
    const { code } = await transform(readFileSync(join(installed, 'dist/index.js'), 'utf8'), {
      format: 'iife',
      globalName: 'stowage',
    });
    const { baseUrl, platformToken: serviceToken } = world.stowage.dev;
    const worker = createContext({
      ...{ AbortController, Blob, crypto, FormData, TextDecoder, TextEncoder, URLSearchParams },
      ...{ atob, clearTimeout, setTimeout, around: { baseUrl, serviceToken, orgId: `org-${Date.now()}` } },
      fetch(this: unknown, url: string, init: RequestInit) {
        // As Cloudflare's does: "Illegal invocation", and what `RequestInit` has no room for.
        if (this !== undefined && this !== worker && this !== runInContext('globalThis', worker))
          throw new TypeError('this');
        if ('credentials' in init || 'cache' in init || !['follow', 'manual'].includes(String(init.redirect)))
          throw new TypeError('init');
        return fetch(url, init);
      },
    });
    const script = `${code}
      const { baseUrl, serviceToken, orgId } = around;
      const platform = stowage.createPlatform({ baseUrl, token: serviceToken, retries: 0 });
      platform.exports.run(orgId, 'job-1', 'id\\n1\\n').then(({ sizeBytes }) => sizeBytes);`;
    expect(await runInContext(script, worker)).toBe(5);
  });
});
