/** The command as a terminal runs it: a process of its own, with a home of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../docs/pages.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Terminal {
  /** A folder that is removed with it. */
  home: string;
  /** Where its profiles are. */
  config: string;
  run(args: string[], options?: { env?: Record<string, string>; stdin?: string }): Promise<Ran>;
  /** The JSON of a command that succeeds. */
  json<T>(args: string[], env?: Record<string, string>): Promise<T>;
  close(): void;
}

const source = join(root, 'cli/src/stowage.ts');

/** A terminal whose commands see nothing of this machine's own settings. `command` is what runs, the source unless told. */
export function openTerminal(command = source): Terminal {
  const home = mkdtempSync(join(tmpdir(), 'stowage-cli-'));
  const { PATH = '' } = process.env;
  const own = { PATH, HOME: home, XDG_CONFIG_HOME: join(home, 'config') };

  const run: Terminal['run'] = (args, { env = {}, stdin = '' } = {}) =>
    new Promise((resolve) => {
      const options = { env: { ...own, ...env }, cwd: home };
      const child = execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
      child.stdin?.end(stdin);
    });

  return {
    home,
    config: join(home, 'config/stowage/config.json'),
    run,
    async json<T>(args: string[], env: Record<string, string> = {}) {
      const { code, stdout, stderr } = await run([...args, '--json'], { env });
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}
