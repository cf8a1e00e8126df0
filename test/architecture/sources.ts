/** The repository's source as text, for rules that the type checker does not know. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export const codeFolders = [
  'bin',
  'lib',
  'functions',
  'layers',
  'local',
  'demo',
  'examples',
  'openapi',
  'client',
  'server',
  'admin',
  'cli',
  'bench',
  'test',
];

const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> };

/** The file an import means, by its path from the root; undefined for a package or a module of Node. */
export function resolveSpecifier(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(file), specifier);
  for (const [alias, target] of Object.entries(imports)) {
    const prefix = alias.slice(0, -1);
    if (specifier.startsWith(prefix)) return join(target.slice(0, -1), specifier.slice(prefix.length));
  }
  return undefined;
}

export function importsOf(source: string): string[] {
  const statements = /^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/gm;
  const bare = /^\s*import\s*['"]([^'"]+)['"]/gm;
  const dynamic = /\b(?:import|require|load|\)\.resolve)\(\s*['"]([^'"]+)['"]/g;
  return [statements, bare, dynamic].flatMap((pattern) => [...source.matchAll(pattern)].map(([, name = '']) => name));
}

export function withoutComments(source: string): string {
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

/** Made from the OpenAPI document by another program, and compared with it by a test. */
export const generated = ['server/src/api-types.ts'];

export const present = readdirSync(root);
export const code = codeFolders.filter((folder) => present.includes(folder)).flatMap((folder) => filesBelow(folder));
export const read = (file: string) => readFileSync(join(root, file), 'utf8');
export const functionFiles = code.filter((file) => file.startsWith('functions/'));
