import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { app, context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
const outdir = mkdtempSync(join(tmpdir(), 'stowage-app-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** Runs the command of `cdk.json` as the CDK does: with the context and the output folder in the environment. */
function runApp(overrides: object) {
  const env = {
    PATH: process.env.PATH,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...overrides }),
  };
  return spawnSync(app, { cwd: root, shell: true, encoding: 'utf8', env });
}

test('an unknown stage is explained in a line, without a stack trace', () => {
  const { status, stderr } = runApp({ stage: 'nowhere' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/stage: "nowhere" is unknown \(known: example\)/);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('no stage is deployed that nobody named: a command pasted at night has no default', () => {
  const { status, stderr } = runApp({});
  expect(status).toBe(1);
  expect(stderr).toContain('stage: is missing: pass -c stage=<name>');
});

test('a wrong setting is explained by its name', () => {
  const stowage = { example: { ...context.stowage.example, cacheSeconds: 60 } };
  const { status, stderr } = runApp({ stage: 'example', stowage });
  expect(status).toBe(1);
  expect(stderr).toMatch(/Settings of stage "example" \(cdk\.json\):\n {2}cacheSeconds: must be at most 5/);
});

test('an older Node is told which one is needed and where it lies', () => {
  const asOldNode =
    "Object.defineProperty(process.versions, 'node', { value: '20.20.2' }); require('./bin/needs-node-24.cjs');";
  const { status, stderr } = spawnSync(process.execPath, ['-e', asOldNode], { cwd: root, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('Stowage needs Node 24');
  expect(app).toContain('--require ./bin/needs-node-24.cjs');
});
