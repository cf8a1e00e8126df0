import { describe, expect, test } from 'vitest';
import { capabilityOf, refusal, roomOf } from './rooms.ts';
import { code, functionFiles, importsOf, read, resolveSpecifier, withoutComments } from './sources.ts';

interface Manifest {
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

describe('the rooms', () => {
  test('import only what stands to their right', () => {
    const refusals = code.flatMap((file) => importsOf(withoutComments(read(file))).map((name) => refusal(file, name)));
    expect(refusals.filter((text) => text !== undefined)).toEqual([]);
  });

  test.each([
    ['functions/core/a.ts', '#adapters/dynamo/file-store.ts'],
    ['functions/core/a.ts', '../http/views.ts'],
    ['functions/core/a.ts', '@aws-sdk/client-s3'],
    ['functions/core/a.ts', 'node:fs'],
    ['functions/adapters/r2/a.ts', '#http/respond.ts'],
    ['functions/adapters/r2/a.ts', '../../extensions/session-files-get.ts'],
    ['functions/contracts/a.ts', '#http/respond.ts'],
    ['functions/contracts/a.ts', '#functions/routes.ts'],
    ['functions/contracts/a.ts', '#runtime/log.ts'],
    ['functions/contracts/a.ts', '@middy/core'],
    ['functions/contracts/a.ts', 'node:fs'],
    ['functions/core/a.ts', '#contracts/refusals.ts'],
    ['functions/adapters/r2/a.ts', '#contracts/refusals.ts'],
    ['functions/runtime/container.ts', '#http/respond.ts'],
    ['functions/http/a.ts', '#adapters/r2/signing.ts'],
    ['functions/http/a.ts', '#runtime/log.ts'],
    ['functions/http/a.ts', '#runtime/env.ts'],
    ['functions/extensions/a.ts', '#adapters/r2/signing.ts'],
    ['functions/extensions/a.ts', './b.ts'],
    ['functions/extensions/a.ts', '@aws-sdk/lib-dynamodb'],
    ['functions/runtime/serve.ts', '#adapters/r2/signing.ts'],
    ['functions/runtime/container.ts', '#lib/table-schema.ts'],
    ['functions/runtime/env.ts', '#local/main.ts'],
    ['functions/routes.ts', 'zod'],
    ['lib/a.ts', '../functions/core/files/errors.ts'],
    ['lib/a.ts', '#local/main.ts'],
    ['bin/app.ts', '#functions/routes.ts'],
  ])('%s may not import %s', (file, specifier) => {
    expect(refusal(file, specifier)).toContain(file);
  });

  test.each([
    ['functions/core/a.ts', 'node:crypto'],
    ['functions/adapters/r2/a.ts', '@aws-sdk/client-s3'],
    ['functions/adapters/r2/a.ts', '#core/files/ports.ts'],
    ['functions/extensions/a.ts', '#runtime/container.ts'],
    ['functions/runtime/container.ts', '#adapters/r2/signing.ts'],
    ['lib/constructs/a.ts', '../../functions/runtime/env-names.ts'],
    ['lib/a.ts', '../functions/routes.ts'],
  ])('%s may import %s', (file, specifier) => {
    expect(refusal(file, specifier)).toBeUndefined();
  });

  test('of core are capabilities, and each imports only `files`', () => {
    const capabilities = [...new Set(functionFiles.filter((file) => roomOf(file) === 'core').map(capabilityOf))];
    expect(capabilities.sort()).toEqual([
      'events',
      'extensions',
      'files',
      'identity',
      'lifecycle',
      'operations',
      'organizations',
      'reconcile',
      'uploads',
    ]);
    const arrows = functionFiles
      .filter((file) => roomOf(file) === 'core')
      .flatMap((file) =>
        importsOf(withoutComments(read(file))).flatMap((name) => {
          const target = resolveSpecifier(file, name);
          if (target === undefined || capabilityOf(target) === capabilityOf(file)) return [];
          return [`${capabilityOf(file)} -> ${capabilityOf(target)}`];
        }),
      );
    expect([...new Set(arrows)].filter((arrow) => !arrow.endsWith(' -> files'))).toEqual([]);
  });

  test('cannot hide an import: types, re-exports, several lines and late ones are seen', () => {
    const source = [
      "import type { A } from 'a';",
      "import {\n  B,\n  type C,\n} from 'b';",
      "export * from 'c';",
      "import 'd';",
      "const e = await import('e');",
      "/** import F from 'f'; */",
    ].join('\n');
    expect(importsOf(withoutComments(source)).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('a workspace', () => {
  const manifest = (path: string) => JSON.parse(read(path)) as Manifest;
  const names = manifest('package.json').workspaces ?? [];

  test.each(names)('%s declares the packages it imports, and no other', (workspace) => {
    const { dependencies = {}, devDependencies = {} } = manifest(`${workspace}/package.json`);
    const sources = code.filter((file) => file.startsWith(`${workspace}/`)).map(read);
    const imported = sources
      .flatMap((source) => importsOf(withoutComments(source)))
      .filter((name) => /^[@a-z]/.test(name) && !name.startsWith('node:'))
      .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'))
      // Lambda's events are types alone.
      .map((name) => (name === 'aws-lambda' ? '@types/aws-lambda' : name));
    // Types that lie in a package of their own come with what they describe.
    const declared = Object.keys({ ...dependencies, ...devDependencies });
    const named = declared.filter((name) => imported.includes(name) || !imported.includes(name.replace('@types/', '')));
    expect([...new Set(imported)].sort()).toEqual(named.sort());
  });

  test.each(names)('%s pins what the service pins', (workspace) => {
    const { dependencies, devDependencies } = manifest('package.json');
    const ours: Record<string, string> = { ...dependencies, ...devDependencies };
    const theirs = Object.entries({ ...manifest(`${workspace}/package.json`).dependencies });
    expect(theirs.filter(([name, version]) => ours[name] !== undefined && ours[name] !== version)).toEqual([]);
  });
});
