/** A stranger's project: both packages as they are published, beside nothing but what their programs import. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundleClient, declareClient } from '../../client/build.ts';
import { bundleServer, declareServer } from '../../server/build.ts';
import { root } from './pages.ts';
import { type PageProgram, sourceOf } from './programs.ts';

const libraries = [
  '@types/node',
  'undici-types',
  'jose',
  'react',
  '@types/react',
  'react-dom',
  '@types/react-dom',
  'csstype',
];

export interface Project {
  folder: string;
  /** Compiles programs strictly, each under its name. Throws with what the compiler says. */
  compile(programs: Record<string, PageProgram>, options: { lib: string[]; types?: string[] }): void;
  /** Runs a program to its end; what it printed. */
  run(program: PageProgram, around: object): Promise<string>;
  /** Starts a program that goes on until it is killed. */
  start(program: PageProgram, around: object): ChildProcess;
  close(): void;
}

/** Makes the project. */
export async function openProject(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-project-'));
  const installed = (name: string) => join(folder, 'node_modules/@stowage', name);
  for (const name of ['client', 'server']) {
    mkdirSync(installed(name), { recursive: true });
    cpSync(join(root, name, 'package.json'), join(installed(name), 'package.json'));
  }
  await Promise.all([bundleClient(join(installed('client'), 'dist')), bundleServer(join(installed('server'), 'dist'))]);
  declareClient(join(installed('client'), 'dist'));
  declareServer(join(installed('server'), 'dist'));
  for (const name of libraries) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

  let programs = 0;
  /** Writes a program beside what starts it. */
  function write(program: PageProgram, around: object): string {
    programs += 1;
    writeFileSync(join(folder, `program-${programs}.ts`), sourceOf(program));
    const start = join(folder, `start-${programs}.mjs`);
    const given = `globalThis.around = ${JSON.stringify(around)};`;
    writeFileSync(start, `${given}\nawait import('./program-${programs}.ts');`);
    return start;
  }

  return {
    folder,
    compile(all, { lib, types = [] }) {
      const sources = join(folder, 'sources');
      rmSync(sources, { recursive: true, force: true });
      mkdirSync(sources);
      for (const [name, program] of Object.entries(all)) {
        mkdirSync(join(sources, name));
        writeFileSync(join(sources, name, program.jsx ? 'program.tsx' : 'program.ts'), sourceOf(program));
        const compilerOptions = {
          ...{ module: 'nodenext', target: 'es2022', jsx: 'react-jsx', lib, types, noEmit: true },
          ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: true },
        };
        writeFileSync(
          join(sources, name, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, include: ['program.*'] }),
        );
        try {
          const tsc = join(root, 'node_modules/typescript/bin/tsc');
          execFileSync(process.execPath, [tsc, '-p', join(sources, name)], { cwd: folder, encoding: 'utf8' });
        } catch (error) {
          throw new Error(`${name}: ${(error as { stdout: string }).stdout}`);
        }
      }
    },
    async run(program, around) {
      // The cloud lives in this process and has to answer meanwhile.
      const { stdout } = await promisify(execFile)(process.execPath, [write(program, around)], { cwd: folder });
      return stdout;
    },
    start: (program, around) => spawn(process.execPath, [write(program, around)], { cwd: folder }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
