/** Where a command goes and who it is: profiles of a file that only its owner reads, or two variables. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readDev } from './dev-file.ts';
import { Failure } from './failure.ts';

/** A stage: its address, and a service token with scope `admin` or the command that prints a fresh one. */
export interface Profile {
  url: string;
  token?: string;
  tokenCommand?: string;
  /** Where its page for administrators is hosted. */
  adminUrl?: string;
}

export interface Config {
  /** What is used where nothing else is said. */
  current?: string;
  profiles: Record<string, Profile>;
}

export interface Connection {
  baseUrl: string;
  adminUrl?: string | undefined;
  token(): Promise<string>;
}

/** The profile of a running `npm start`, which is in nobody's file. */
export const localProfile = 'local';

/** `$XDG_CONFIG_HOME/stowage/config.json` (XDG Base Directory Specification). */
export const configFile = (): string =>
  path.join(process.env.XDG_CONFIG_HOME || path.join(homedir(), '.config'), 'stowage', 'config.json');

/** The file's content; nothing where there is no file. Throws `config_unreadable`. */
export async function readConfig(): Promise<Config> {
  const text = await readFile(configFile(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"profiles":{}}';
    throw new Failure('config_unreadable', `${configFile()} cannot be read: ${error.code}.`);
  });
  try {
    const config = JSON.parse(text) as Partial<Config>;
    return { ...config, profiles: config.profiles ?? {} };
  } catch {
    throw new Failure('config_unreadable', `${configFile()} is no JSON. Correct it or remove it.`);
  }
}

/** Writes it whole or not at all, for its owner alone: there may be tokens in it. */
export async function writeConfig(config: Config): Promise<void> {
  const file = configFile();
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(next, 0o600);
  await rename(next, file);
}

/**
 * Where to go: the profile that is named, the two variables, or the current profile. Address and token always come from
 * one place, so that no token goes to another's address. Throws a `Failure` that says what is missing.
 */
export async function connectionOf(named: string | undefined): Promise<Connection> {
  const { STOWAGE_URL: url, STOWAGE_TOKEN: token, STOWAGE_PROFILE } = process.env;
  if (named !== undefined) return await connect(named);
  if (url || token) {
    if (!url || !token) throw new Failure('not_configured', 'Set both STOWAGE_URL and STOWAGE_TOKEN, or neither.');
    return connectionTo({ url, token });
  }
  const { current } = await readConfig();
  const name = STOWAGE_PROFILE || current;
  if (name !== undefined) return await connect(name);
  throw new Failure(
    'not_configured',
    'Which Stowage? Make a profile (stowage profiles set --help), set STOWAGE_URL and STOWAGE_TOKEN, or take --profile local beside a running npm start.',
  );
}

async function connect(name: string): Promise<Connection> {
  if (name === localProfile) {
    const { baseUrl: url, adminToken: token } = await readDev();
    return connectionTo({ url, token });
  }
  const { profiles } = await readConfig();
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined)
    throw new Failure('no_such_profile', `There is no profile ${name}. See stowage profiles list.`);
  return connectionTo(profile);
}

function connectionTo({ url, token, tokenCommand, adminUrl }: Profile): Connection {
  const baseUrl = checkedUrl(url);
  if (token !== undefined) return { baseUrl, adminUrl, token: async () => token };
  if (tokenCommand === undefined)
    throw new Failure('not_configured', 'The profile has no token. See stowage profiles set --help.');
  let kept: { token: string; until: number } | undefined;
  return {
    baseUrl,
    adminUrl,
    async token() {
      // Once for the requests of a moment, and anew for a run that outlives its token.
      if (kept === undefined || kept.until < Date.now())
        kept = { token: await printed(tokenCommand), until: Date.now() + 60_000 };
      return kept.token;
    },
  };
}

/** Whether an address is on this machine. */
export const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);

/** An address that a token may be sent to. Throws `invalid_url`. */
export function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return text;
  throw new Failure('invalid_url', 'The address is to begin with https://, or with http:// on this machine.', 2);
}

/** What the command prints, which is a secret: a failure shows its own words and not what it printed. */
async function printed(command: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { timeout: 60_000 });
    return stdout.trim();
  } catch (error) {
    const { code, stderr = '' } = error as { code?: number; stderr?: string };
    throw new Failure(
      'token_command_failed',
      `The profile's token command failed (${code ?? 'no exit'}). ${stderr.trim()}`.trim(),
    );
  }
}
