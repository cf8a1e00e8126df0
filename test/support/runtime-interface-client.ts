/**
 * AWS's own runtime interface client, the program that starts a Node.js function on Lambda, built once into `.cache/`. It
 * is no dependency: its install compiles curl and a C++ library, which no `npm ci` of this repository should need.
 * Compiled against Node's stable ABI (`node-api-headers`), so no copy of Node's own headers is needed either.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const client = 'aws-lambda-ric@4.0.2';
const packages = { 'aws-lambda-ric': '4.0.2', 'node-addon-api': '8.9.2', 'node-api-headers': '1.9.0' };
const cacheFolder = path.resolve(import.meta.dirname, '../../.cache');

/** Compiles as the package's `binding.gyp` says. */
async function compile(aside: string): Promise<void> {
  const ric = path.join(aside, 'aws-lambda-ric');
  const built = path.join(ric, 'deps/artifacts');
  const options = { cwd: ric, maxBuffer: 64 * 1024 * 1024 };
  await run('sh', ['scripts/preinstall.sh'], options);
  // The source includes these headers of Node and uses nothing of them.
  for (const header of ['node.h', 'uv.h', 'v8.h']) await writeFile(path.join(built, 'include', header), '');
  const napi = [path.join(aside, 'node-api-headers/include'), path.join(aside, 'node-addon-api')];
  const includes = [...napi, `${built}/include`];
  await run(
    'g++',
    [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      '-DNAPI_CPP_EXCEPTIONS',
      '-DNODE_GYP_MODULE_NAME=rapid_client',
      ...includes.map((folder) => `-I${folder}`),
      'src/native/rapid-client.cc',
      `${built}/lib/libaws-lambda-runtime.a`,
      `${built}/lib/libcurl.a`,
      '-pthread',
      '-o',
      'rapid-client.node',
    ],
    options,
  );
  await rm(path.join(ric, 'deps'), { recursive: true });
}

/** Builds aside and renames, since two test workers may come here at once. */
async function build(entry: string, folder: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const aside = await mkdtemp(path.join(cacheFolder, 'building-'));
  try {
    for (const [name, version] of Object.entries(packages)) {
      const spec = `${name}@${version}`;
      const { stdout } = await run('npm', ['pack', spec, '--silent', '--pack-destination', aside]);
      const into = path.join(aside, name);
      await mkdir(into);
      await run('tar', ['-xzf', path.join(aside, stdout.trim()), '-C', into, '--strip-components=1']);
      await rm(path.join(aside, stdout.trim()));
    }
    await compile(aside);
    await rename(path.join(aside, 'aws-lambda-ric'), folder).catch((error) => {
      if (!existsSync(entry)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * The file to start a function with: `node <file> <handler>`. Undefined when it cannot be built (it wants a registry, and
 * cmake, make, g++ and xz), so that the suite still runs on a bare machine; with `REQUIRE_LAMBDA_RIC=1`, as in CI, it throws instead.
 */
export async function runtimeInterfaceClient(): Promise<string | undefined> {
  const folder = path.join(cacheFolder, client.replace('@', '-'));
  const entry = path.join(folder, 'index.mjs');
  try {
    if (!existsSync(path.join(folder, 'rapid-client.node'))) await build(entry, folder);
    return entry;
  } catch (error) {
    if (process.env.REQUIRE_LAMBDA_RIC === '1') throw error;
    return undefined;
  }
}
