import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpacked } from '#test/support/npm-packages.ts';
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
  // What a page that is written in React has.
  mkdirSync(join(project, 'node_modules/@types'));
  for (const name of ['react', '@types/react', 'csstype'])
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The code blocks of the README, in its order. */
const examples = () =>
  [...readFileSync(join(installed, 'README.md'), 'utf8').matchAll(/```(tsx?)\n([\s\S]*?)```/g)].map(
    ([, ending = '', code = '']) => ({ ending, code }),
  );

/** What a compiler says of the README's examples; nothing when they are right. Libraries of before `es2024` end at `es2022`. */
function complaintsOf(compiler: string, target: string): string {
  for (const [index, { ending, code }] of examples().entries())
    writeFileSync(join(project, `example-${index}.${ending}`), `${code}\nexport {};\n`);
  const compilerOptions = {
    module: 'nodenext',
    target,
    lib: [target, 'dom', 'dom.iterable'],
    types: [],
    jsx: 'react-jsx',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['example-*'] }));
  const tsc = join(compiler, 'bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: project, encoding: 'utf8' });
  return status === 0 ? stdout : `ended with ${status}: ${stdout}${stderr}`;
}

describe('the package', () => {
  test.each([
    ['bridge', 3000],
    ['bridge-host', 5000],
    ['uploader', 8000],
    ['parts', 4000],
    ['links', 1000],
    ['react', 4000],
    ['uppy', 6000],
    ['element', 7000],
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

  test('has no dependencies, and asks for React and Uppy only where they are used', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      peerDependencies: Record<string, string>;
      peerDependenciesMeta: Record<string, { optional: boolean }>;
    };
    // Those of its development npm does not install with it, nor optional peers.
    const kinds = Object.keys(manifest).filter((key) => /dependencies/i.test(key));
    expect(kinds.toSorted()).toEqual(['devDependencies', 'peerDependencies', 'peerDependenciesMeta']);
    for (const name of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
    }
    for (const entry of entries) {
      const imports = [
        ...readFileSync(join(installed, 'dist', `${entry}.js`), 'utf8').matchAll(/\bfrom\s*["']([^"']+)/g),
      ];
      expect(imports.map(([, name]) => name)).toEqual(entry === 'react' ? ['react'] : []);
      expect(readFileSync(join(installed, 'dist', `${entry}.js`), 'utf8')).not.toMatch(/\bimport\s*[("']/);
    }
  });

  test('brings its license along', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: join(root, 'client'),
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
  });

  test('runs in Node as it is', () => {
    const script = `
      import { createUploader, setupTarget } from '@stowage/client/uploader';
      import { createLinks } from '@stowage/client/links';
      import { StowageUpload } from '@stowage/client/element';
      import { stowageAwsS3 } from '@stowage/client/uppy';
      const uploader = createUploader({ baseUrl: 'http://127.0.0.1:1', target: setupTarget('a'), auth: () => ({}), retry: { attempts: 1 } });
      const error = await uploader.get('b').catch((error) => error);
      console.log(error.name, error.code, typeof createLinks, typeof StowageUpload, typeof stowageAwsS3);`;
    writeFileSync(join(project, 'run.mjs'), script);
    const printed = execFileSync(process.execPath, ['run.mjs'], { cwd: project, encoding: 'utf8' });
    expect(printed.trim()).toBe('StowageError network_error function function function');
  });

  test('keeps what its README says: the examples compile against the declared types', () => {
    expect(examples().length).toBeGreaterThan(2);
    expect(complaintsOf(join(root, 'node_modules/typescript'), 'es2024')).toBe('');
  });

  test('has types that TypeScript 5.0 takes, that name no source', async ({ skip }) => {
    const declarations = readdirSync(join(installed, 'dist')).filter((name) => name.endsWith('.d.ts'));
    const imports = declarations.flatMap((name) =>
      [...readFileSync(join(installed, 'dist', name), 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(
        ([, path = '']) => path,
      ),
    );
    expect(imports.length).toBeGreaterThan(20);
    expect(imports.filter((path) => !path.endsWith('.js'))).toEqual([]);
    const old = await unpacked('typescript@5.0.4').catch(() => undefined);
    if (old === undefined) skip('The registry cannot be reached.');
    else expect(complaintsOf(old, 'es2022')).toBe('');
  });
});
