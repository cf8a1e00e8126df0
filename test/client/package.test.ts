import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleClient, declareClient, entries } from '../../client/build.ts';

/** The package as a stranger gets it: copied into a project of its own, beside nothing but a compiler. */
const root = join(import.meta.dirname, '../..');
const project = mkdtempSync(join(tmpdir(), 'stowage-package-'));
const installed = join(project, 'node_modules/@stowage/client');

beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  for (const file of ['package.json', 'README.md', 'openapi.json'])
    cpSync(join(root, 'client', file), join(installed, file));
  await bundleClient(join(installed, 'dist'));
  declareClient(join(installed, 'dist'));
  // Only for `AbortSignal`, `Blob` and their like, which a page has from the DOM.
  mkdirSync(join(project, 'node_modules/@types'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
  symlinkSync(join(root, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The code blocks of the README, in its order. */
const examples = () =>
  [...readFileSync(join(installed, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
    ([, code = '']) => code,
  );

describe('the package', () => {
  test.each([
    ['bridge', 3000],
    ['bridge-host', 5000],
    ['uploader', 8000],
    ['links', 1000],
  ])('has a %s under %i bytes, minified and gzipped', (entry, limit) => {
    expect(gzipSync(readFileSync(join(installed, 'dist', `${entry}.js`))).byteLength).toBeLessThan(limit);
  });

  test('exports every entry with its types', () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      exports: Record<string, { types: string; default: string }>;
    };
    expect(Object.keys(exports).filter((name) => !name.endsWith('.json'))).toEqual(entries.map((name) => `./${name}`));
    for (const entry of entries) {
      for (const file of Object.values(exports[`./${entry}`] ?? {})) {
        expect(readFileSync(join(installed, file), 'utf8')).not.toBe('');
      }
    }
  });

  test('brings the document of the HTTP API', () => {
    const script = `
      import api from '@stowage/client/openapi.json' with { type: 'json' };
      console.log(api.openapi, Object.keys(api.paths).length > 40);`;
    writeFileSync(join(project, 'api.mjs'), script);
    expect(execFileSync(process.execPath, ['api.mjs'], { cwd: project, encoding: 'utf8' }).trim()).toBe('3.1.1 true');
    const { files } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { files: string[] };
    expect(files).toEqual(['dist', 'openapi.json']);
  });

  test('has no dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    // Those of its development npm does not install with it.
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key) && key !== 'devDependencies')).toEqual([]);
    for (const entry of entries) {
      expect(readFileSync(join(installed, 'dist', `${entry}.js`), 'utf8')).not.toMatch(/\bfrom\s*["']|\bimport\s*\(/);
    }
  });

  test('runs in Node as it is', () => {
    const script = `
      import { createUploader, setupTarget } from '@stowage/client/uploader';
      import { createLinks } from '@stowage/client/links';
      const uploader = createUploader({ baseUrl: 'http://127.0.0.1:1', target: setupTarget('a'), auth: () => ({}), retry: { attempts: 1 } });
      const error = await uploader.get('b').catch((error) => error);
      console.log(error.name, error.code, typeof createLinks);`;
    writeFileSync(join(project, 'run.mjs'), script);
    const printed = execFileSync(process.execPath, ['run.mjs'], { cwd: project, encoding: 'utf8' });
    expect(printed.trim()).toBe('StowageError network_error function');
  });

  test('keeps what its README says: the examples compile against the declared types', () => {
    expect(examples().length).toBeGreaterThan(2);
    for (const [index, code] of examples().entries())
      writeFileSync(join(project, `example-${index}.ts`), `${code}\nexport {};\n`);
    const options = {
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'dom', 'dom.iterable'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    };
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['example-*.ts'] }),
    );
    const compile = () =>
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
        cwd: project,
        encoding: 'utf8',
      });
    expect(compile).not.toThrow();
  });
});
