/**
 * Layers hold native code for linux-arm64, which an x64 machine cannot run. So a layer decides which packages a
 * function may import, and the same packages of this repository's own install are what it gets. A version that
 * differs between the two stops the boot.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { LayerSpec } from '../template/model.ts';

/** Package names the layers provide, each with the directory to resolve it from. */
export function layerPackages(layers: LayerSpec[]): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const layer of layers) {
    const root = path.join(layer.dir, 'nodejs', 'node_modules');
    for (const name of packageNames(root)) {
      const ours = findOurs(name);
      if (!ours) continue; // Native packages of the other architecture; whoever needs one fails by its name.
      const [theirs, mine] = [versionOf(path.join(root, name)), versionOf(ours)];
      if (theirs !== mine) throw new Error(`Layer ${layer.arn} has ${name} ${theirs}, this repository ${mine}`);
      packages[name] = import.meta.dirname;
    }
  }
  return packages;
}

function packageNames(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@') ? readdirSync(path.join(root, name)).map((inner) => `${name}/${inner}`) : [name];
  });
}

/** Directory of an installed package, found by walking up: `exports` maps may hide a package's own package.json. */
function findOurs(name: string): string | undefined {
  const candidates = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return candidates.map((root) => path.join(root, name)).find((dir) => existsSync(path.join(dir, 'package.json')));
}

function versionOf(dir: string): string {
  return (JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')) as { version: string }).version;
}
