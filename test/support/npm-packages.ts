/** Packages that tests hold ours against and that never become dependencies: fetched into `.cache/` of the repository once. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cacheFolder = path.resolve(import.meta.dirname, '../../.cache');

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * The folder of an unpacked package, `spec` being its name and exact version. Unpacks aside and renames, since two test
 * workers may come here at once. Rejects where the registry cannot be reached and the package is not in the cache.
 */
export async function unpacked(spec: string): Promise<string> {
  const folder = path.join(cacheFolder, spec.replace('@', '-'));
  const content = path.join(folder, 'package');
  if (await exists(path.join(content, 'package.json'))) return content;
  await mkdir(cacheFolder, { recursive: true });
  const aside = await mkdtemp(path.join(cacheFolder, 'unpacking-'));
  try {
    const { stdout } = await run('npm', ['pack', spec, '--silent', '--pack-destination', aside]);
    await run('tar', ['-xzf', path.join(aside, stdout.trim()), '-C', aside]);
    await rm(path.join(aside, stdout.trim()));
    await rename(aside, folder).catch(async (error) => {
      if (!(await exists(content))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return content;
}
