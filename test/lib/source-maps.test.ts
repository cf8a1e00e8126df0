import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions } from '#lib/bundle.ts';
import { traceStack } from '#lib/source-maps/stack.ts';
import { writeFunctions } from './stack-fixture.ts';

const row = { method: 'GET', path: '/', auth: 'public', uses: [], summary: '' } as const;
const functions = writeFunctions({ endpoints: { 'a/one': row }, workers: {} });
const out = mkdtempSync(join(tmpdir(), 'stowage-maps-'));
const [outdir, maps] = [join(out, 'functions'), join(out, 'source-maps')];
afterAll(() => {
  functions.remove();
  rmSync(out, { recursive: true });
});

/** Throws at the third line, in a helper of its own at the second of another file. */
const helper = 'export function fail(text: string): never {\n  throw new Error(text);\n}\n';
const handler =
  "import { fail } from './helper.ts';\nexport const handler = async (event: { text: string }) => {\n  return fail(event.text);\n};\n";

let stack: string;
beforeAll(async () => {
  writeFileSync(join(functions.dir, 'a/helper.ts'), helper);
  writeFileSync(join(functions.dir, 'a/one.ts'), handler);
  const bundles = await bundleFunctions({ keys: ['a/one'], functionsRoot: functions.dir, outdir, mapsDir: maps });
  const bundle = await import(pathToFileURL(join(bundles['a/one']?.dir ?? '', 'index.mjs')).href);
  stack = await bundle.handler({ text: 'on purpose' }).catch((error: Error) => error.stack);
});

describe('a source map', () => {
  test('lies beside what is deployed and leaves nothing of itself there', () => {
    expect(readdirSync(join(outdir, 'a/one'))).toEqual(['index.mjs']);
    expect(readFileSync(join(outdir, 'a/one/index.mjs'), 'utf8')).not.toContain('sourceMappingURL');
    expect(existsSync(join(maps, 'a/one/index.mjs.map'))).toBe(true);
  });

  test('changes no byte of the bundle', async () => {
    const plain = join(out, 'plain');
    await bundleFunctions({ keys: ['a/one'], functionsRoot: functions.dir, outdir: plain });
    expect(readFileSync(join(plain, 'a/one/index.mjs'), 'utf8')).toBe(
      readFileSync(join(outdir, 'a/one/index.mjs'), 'utf8'),
    );
  });

  test('leads a stack to the files and lines of the source', () => {
    const deployed = stack.replaceAll(/file:\/\/[^\s()]*index\.mjs/g, 'file:///var/task/index.mjs');
    const traced = traceStack(deployed, { key: 'a/one', maps });
    expect(traced).toMatch(/a\/helper\.ts:2:\d+/);
    expect(traced).toMatch(/a\/one\.ts:3:\d+/);
    expect(traced).not.toContain('index.mjs');
  });
});

describe('the command', () => {
  const trace = (input: string, ...args: string[]) =>
    spawnSync(process.execPath, ['lib/source-maps/trace.ts', ...args], { input, encoding: 'utf8' });

  test('takes a log line, and the causes of its error with it', () => {
    const line = JSON.stringify({
      level: 'ERROR',
      message: 'request',
      error: { stack: 'Error: outer', cause: { stack } },
    });
    const { stdout, stderr, status } = trace(`${line}\n`, 'a/one', '--maps', maps);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/Error: outer\nError: on purpose\n.*a\/helper\.ts:2:/s);
  });

  test('says where it looked for a map that is not there, and what to do', () => {
    const { stderr, status } = trace('Error\n', 'a/two', '--maps', maps);
    expect(status).toBe(1);
    expect(stderr).toMatch(/There is no .*a\/two\/index\.mjs\.map: synthesize/);
    expect(trace('').status).toBe(2);
  });
});
