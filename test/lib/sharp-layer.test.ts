import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildSharpLayer, LayerBuildError } from '#lib/sharp-layer-build.ts';

const root = join(import.meta.dirname, '../..');
const source = join(root, 'layers/sharp');
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-layer-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** An npm that does what the script says, in the folder it is called in, and never asks a registry. */
function npmThat(script: string): string {
  const file = join(dir, 'npm');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const installs = 'echo "$@" >> ../../../calls; mkdir -p node_modules/.bin node_modules/@img/sharp-linux-arm64';

test('the layer pins the very version the tests run with', () => {
  const { version } = readJson(join(root, 'node_modules/sharp/package.json'));
  expect(readJson(join(source, 'package.json')).dependencies).toEqual({ sharp: version });
  expect(readJson(join(root, 'package.json')).dependencies.sharp).toBe(version);
});

test('its lock file holds the arm64 binaries of that version, with their hashes', () => {
  const { packages } = readJson(join(source, 'package-lock.json'));
  const { version } = packages['node_modules/sharp'];
  expect(packages['node_modules/@img/sharp-linux-arm64']).toMatchObject({
    version,
    integrity: expect.stringContaining('sha512-'),
  });
  expect(packages['node_modules/@img/sharp-libvips-linux-arm64'].integrity).toContain('sha512-');
});

test('is installed once for linux-arm64 and then found in the cache', () => {
  const npm = npmThat(installs);
  const layer = buildSharpLayer(source, join(dir, 'cache'), npm);
  expect(existsSync(join(layer, 'nodejs/node_modules/@img/sharp-linux-arm64'))).toBe(true);
  expect(existsSync(join(layer, 'nodejs/node_modules/.bin'))).toBe(false);
  expect(buildSharpLayer(source, join(dir, 'cache'), npmThat('exit 1'))).toBe(layer);
  expect(readFileSync(join(dir, 'calls'), 'utf8')).toMatch(
    /^ci --os=linux --cpu=arm64 --libc=glibc --omit=dev[^\n]*\n$/,
  );
});

test('is built anew when the pin or the lock changes', () => {
  const npm = npmThat(installs);
  const before = buildSharpLayer(source, join(dir, 'cache'), npm);
  const copy = join(dir, 'copy');
  mkdirSync(copy);
  writeFileSync(join(copy, 'package.json'), readFileSync(join(source, 'package.json')));
  writeFileSync(join(copy, 'package-lock.json'), '{}');
  expect(buildSharpLayer(copy, join(dir, 'cache'), npm)).not.toBe(before);
});

test('without a registry says what npm said and what to do, and leaves no half layer', () => {
  const npm = npmThat('mkdir node_modules; echo "npm error code ENOTFOUND" >&2; exit 1');
  const build = () => buildSharpLayer(source, join(dir, 'cache'), npm);
  expect(build).toThrow(LayerBuildError);
  expect(build).toThrow(/ENOTFOUND[\s\S]*reachable npm registry[\s\S]*copy \.cache\/layers/);
  expect(readdirSync(join(dir, 'cache'))).toEqual([]);
});

test('is refused when npm left the arm64 binary out', () => {
  expect(() => buildSharpLayer(source, join(dir, 'cache'), npmThat('mkdir node_modules'))).toThrow(/left out @img/);
});

test('is refused with a reason when there is no npm', () => {
  expect(() => buildSharpLayer(source, join(dir, 'cache'), join(dir, 'no-npm'))).toThrow(/ENOENT/);
});
