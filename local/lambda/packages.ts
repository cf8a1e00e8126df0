/**
 * Layers hold native code for linux-arm64, which an x64 machine cannot run. So a layer's package.json decides which
 * packages a function may import, and the same packages of this repository's own install are what it gets. A version
 * that differs between the two stops the boot.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { LayerSpec } from '../template/model.ts';

/** Package names the layers provide, each with the directory to resolve it from. Throws when one is not installed here. */
export function layerPackages(layers: LayerSpec[]): Record<string, string> {
  const packages: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, version] of Object.entries(dependenciesOf(layer))) {
      const installed = installedVersion(name);
      if (installed !== version) {
        throw new Error(`Layer ${layer.arn} has ${name} ${version}, this repository ${installed ?? 'has none'}`);
      }
      packages[name] = import.meta.dirname;
    }
  }
  return packages;
}

/** The manifest lies where the layer was built, `nodejs/`, or at its root when nothing was installed into it. */
function dependenciesOf(layer: LayerSpec): Record<string, string> {
  const file = ['nodejs/package.json', 'package.json'].map((name) => path.join(layer.dir, name)).find(existsSync);
  if (!file) throw new Error(`Layer ${layer.arn} has no package.json that would say what it brings`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }).dependencies ?? {};
}

/** Found by walking up, since an `exports` map may hide a package's own package.json. */
function installedVersion(name: string): string | undefined {
  const roots = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = roots.map((root) => path.join(root, name, 'package.json')).find(existsSync);
  return file && (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
