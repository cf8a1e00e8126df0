import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EndpointRow, endpoints, fallback, workers } from '#functions/routes.ts';

/**
 * The rooms of the design and the one way between them: `event -> http -> endpoint -> core -> port <- adapter`, with
 * the contracts beside `http` and the endpoints. The
 * rules are applied to the source text, so that an import of a type counts as well.
 */
const root = join(import.meta.dirname, '..');

const endpointRooms = ['extensions', 'platform', 'admin', 'uploads', 'organizations', 'workers'];
const codeFolders = ['bin', 'lib', 'functions', 'layers', 'local', 'demo', 'openapi', 'client', 'bench', 'test'];
const topLevel = [
  ...codeFolders,
  'package.json',
  'package-lock.json',
  'cdk.json',
  'tsconfig.json',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
];
const ignored = ['node_modules', 'cdk.out', 'dist', 'coverage'];

/** Which room a file is in, by its path from the root. */
function roomOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  if (top !== 'functions') return top;
  if (file === 'functions/routes.ts' || file === 'functions/runtime/env-names.ts') return 'shared';
  if (file === 'functions/runtime/container.ts') return 'container';
  if (file === 'functions/fallback.ts') return 'fallback';
  return endpointRooms.includes(second) ? 'endpoint' : second;
}

/** Which capability of core a file belongs to: its folder. */
function capabilityOf(file: string): string {
  return file.split('/')[2] ?? '';
}

/** What each room may import of the others. A room that is missing here may import nothing. */
const mayImport: Record<string, readonly string[]> = {
  shared: [],
  core: ['core'],
  adapters: ['adapters', 'core'],
  contracts: ['contracts', 'core'],
  http: ['http', 'contracts', 'core', 'shared'],
  endpoint: ['http', 'contracts', 'core', 'runtime', 'container', 'shared'],
  fallback: ['endpoint', 'runtime'],
  runtime: ['runtime', 'container', 'http', 'contracts', 'core', 'shared'],
  container: ['runtime', 'adapters', 'contracts', 'core', 'shared'],
  lib: ['lib', 'shared'],
  bin: ['lib'],
};

/** Packages a room stays away from: vendors belong behind a port, and rules belong to nobody's framework. */
const vendors = /^(@aws-sdk|@smithy|sharp$|jose$|aws-cdk-lib|constructs$)/;
const frameworks = /^(@middy|@fastify|aws-lambda$)/;
const mayNotUse: Record<string, readonly RegExp[]> = {
  shared: [/./],
  core: [vendors, frameworks, /^node:(?!crypto$)/],
  adapters: [frameworks, /^aws-cdk-lib/],
  contracts: [vendors, frameworks, /^node:/],
  http: [vendors],
  endpoint: [vendors, frameworks],
  fallback: [/./],
  runtime: [vendors],
  container: [/^aws-cdk-lib/],
};

/** Why a file may not import this, or undefined when it may. */
function refusal(file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  const target = resolveSpecifier(file, specifier);
  if (target === undefined) {
    const banned = mayNotUse[room]?.some((pattern) => pattern.test(specifier));
    return banned ? `${file}: ${room} may not use ${specifier}` : undefined;
  }
  const allowed = mayImport[room];
  if (!allowed || allowed.includes(roomOf(target))) return undefined;
  return `${file}: ${room} may not import ${target}`;
}

const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> };

/** The file an import means, by its path from the root; undefined for a package or a module of Node. */
function resolveSpecifier(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(file), specifier);
  for (const [alias, target] of Object.entries(imports)) {
    const prefix = alias.slice(0, -1);
    if (specifier.startsWith(prefix)) return join(target.slice(0, -1), specifier.slice(prefix.length));
  }
  return undefined;
}

function importsOf(source: string): string[] {
  const statements = /^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm;
  const bare = /^\s*import\s*['"]([^'"]+)['"]/gm;
  const dynamic = /\b(?:import|require|load)\(\s*['"]([^'"]+)['"]/g;
  return [statements, bare, dynamic].flatMap((pattern) => [...source.matchAll(pattern)].map(([, name = '']) => name));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function filesBelow(folder: string, pattern = /\.([cm]?[jt]s|tsx)$/): string[] {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}

const present = readdirSync(root);
const code = codeFolders.filter((folder) => present.includes(folder)).flatMap((folder) => filesBelow(folder));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const functionFiles = code.filter((file) => file.startsWith('functions/'));

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
      'extensions',
      'files',
      'identity',
      'lifecycle',
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

describe('the route table', () => {
  const keys = [...Object.keys(endpoints), ...Object.keys(workers)];
  const files = functionFiles
    .filter((file) => roomOf(file) === 'endpoint')
    .map((file) => file.slice('functions/'.length, -3));

  test('has a file for every row', () => {
    expect(keys.filter((key) => !files.includes(key))).toEqual([]);
  });

  test('has a row for every file', () => {
    expect(files.filter((file) => !keys.includes(file))).toEqual([]);
  });

  test('keeps workers and endpoints in their rooms', () => {
    expect(Object.keys(workers).filter((key) => !key.startsWith('workers/'))).toEqual([]);
    expect(Object.keys(endpoints).filter((key) => key.startsWith('workers/'))).toEqual([]);
  });

  test('names each route and describes each row once', () => {
    const rows: EndpointRow[] = Object.values(endpoints);
    const routes = rows.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    const summaries = [...rows, ...Object.values(workers), fallback].map(({ summary }) => summary);
    expect(routes.filter((route, index) => routes.indexOf(route) !== index)).toEqual([]);
    expect(summaries.filter((summary, index) => summaries.indexOf(summary) !== index)).toEqual([]);
  });
});

describe('the fallback', () => {
  const rows: Record<string, EndpointRow> = endpoints;

  test('has the endpoints its row names, each under its own method and path', () => {
    const source = withoutComments(read('functions/fallback.ts'));
    const imported = importsOf(source).flatMap((name) => /^\.\/(.+)\.ts$/.exec(name)?.[1] ?? []);
    expect(imported.sort()).toEqual([...fallback.withSlash].sort());
    const paths = [...source.matchAll(/'([A-Z]+ \/[^']*)'/g)].map(([, route]) => route);
    expect(paths).toEqual(fallback.withSlash.map((key) => `${rows[key]?.method} ${rows[key]?.path}`));
  });

  test('has the rights and the proof of those endpoints, and no other', () => {
    const uses = fallback.withSlash.flatMap((key) => rows[key]?.uses ?? []);
    expect([...fallback.uses].sort()).toEqual([...new Set(uses)].sort());
    expect(fallback.withSlash.map((key) => rows[key]?.auth)).toEqual(fallback.withSlash.map(() => fallback.auth));
  });
});

describe('the source', () => {
  test('keeps every file under 250 lines', () => {
    const long = code.filter((file) => read(file).trimEnd().split('\n').length >= 250);
    expect(long).toEqual([]);
  });

  test('has nothing at the top but what the design names', () => {
    const strange = present.filter((name) => !name.startsWith('.') && !name.endsWith('.log'));
    expect(strange.filter((name) => !topLevel.includes(name) && !ignored.includes(name))).toEqual([]);
  });

  test('reads the environment of a function in one place', () => {
    const reading = functionFiles.filter((file) => /process\s*\.\s*env|node:process/.test(withoutComments(read(file))));
    expect(reading.filter((file) => file !== 'functions/runtime/env.ts')).toEqual([]);
  });

  test('knows statuses and paths of HTTP only at its edge', () => {
    const inner = functionFiles.filter((file) => file.startsWith('functions/core/'));
    const http = /\bstatus: [1-5]\d\d\b|\.statusCode\b|\bstatusOf\b|['"`](GET|POST|PUT|DELETE) \//;
    expect(inner.filter((file) => http.test(withoutComments(read(file))))).toEqual([]);
  });

  test('gives the form parser to nobody but functions with a form', () => {
    const parsing = functionFiles.filter((file) =>
      importsOf(read(file)).some((name) => /multipart-body-parser/.test(name)),
    );
    expect(parsing).toEqual(['functions/http/multipart-parser.ts']);
  });

  test('leaves nothing for later', () => {
    // Spelt in halves, so that this line is not found by itself.
    const mark = new RegExp(`\\b(${'TO'}DO|${'FIX'}ME)\\b`);
    expect(code.filter((file) => mark.test(read(file)))).toEqual([]);
  });
});
