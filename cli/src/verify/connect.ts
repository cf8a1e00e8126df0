/** Which stage is looked at, and with whose tokens: options, a profile, or the `npm start` of this machine. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { createAdmin } from '../../../server/src/index.ts';
import { readDev } from '../dev-file.ts';
import { Failure } from '../failure.ts';
import { checkedUrl, connectionOf, localProfile } from '../profiles.ts';
import { type Given, type Proofs, proofsOf } from './proofs.ts';

export interface ConnectOptions extends Given {
  url?: string;
}

/** Adds the options that say where to go and as whom. */
export function withConnectOptions(command: Command): Command {
  return command
    .option('--url <url>', "where the stage is; the profile's unless told")
    .option(
      '--issuer-key <file>',
      "a private key of the stage's token issuer, as JWK or PEM, to sign tokens of every kind with",
    )
    .option('--issuer <iss>', 'the issuer that the stage takes tokens of')
    .option('--audience <aud>', 'their audience')
    .option('--kid <id>', "the key's id in the JWKS; that of the JWK unless told")
    .option('--user-token <token>', 'a token of a user, where none can be signed; @file reads it from there')
    .option('--platform-token <token>', 'a service token with scope platform')
    .option('--admin-token <token>', "a service token with scope admin; the profile's unless told");
}

/**
 * Throws a `Failure` where it is not known where to go. `isLenient` is for whoever looks at what is broken: where the stage does
 * not say whose tokens it takes, there is no signing, and the given token alone.
 */
export async function connectTo(
  options: ConnectOptions,
  command: Command,
  { isLenient = false } = {},
): Promise<{ baseUrl: string; proofs: Proofs }> {
  const given: ConnectOptions = { ...options };
  for (const name of ['userToken', 'platformToken', 'adminToken'] as const) {
    const text = given[name];
    if (text !== undefined) given[name] = await tokenOf(text);
  }
  if (command.optsWithGlobals().profile === localProfile && given.url === undefined) await addLocal(given);
  if (given.url === undefined) {
    const { baseUrl, token } = await connectionOf(command.optsWithGlobals().profile);
    given.url = baseUrl;
    given.adminToken ??= await token();
  }
  const baseUrl = checkedUrl(given.url);
  if (
    given.issuerKey !== undefined &&
    given.adminToken !== undefined &&
    (given.issuer ?? given.audience) === undefined
  ) {
    // An administrator is told whose tokens the stage takes.
    try {
      const { tokens } = await createAdmin({ baseUrl, token: given.adminToken }).health();
      Object.assign(given, { issuer: tokens.issuer, audience: tokens.audience });
    } catch (error) {
      if (!isLenient) throw error;
      delete given.issuerKey;
    }
  }
  return { baseUrl, proofs: await proofsOf(given) };
}

/** The one-machine cloud keeps its issuer's key beside its dev.json. */
async function addLocal(given: ConnectOptions): Promise<void> {
  const dev = await readDev();
  given.url = dev.baseUrl;
  given.adminToken ??= dev.adminToken;
  given.issuerKey ??= path.join(process.env.STOWAGE_LOCAL_DIR || '.local', 'issuer.json');
}

async function tokenOf(text: string): Promise<string> {
  const token = text.startsWith('@') ? await fromFile(text.slice(1)) : text;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure('invalid_token', 'A token is missing, or has a space or a line break in it.', 2);
}

async function fromFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    throw new Failure('invalid_token', `${file} cannot be read.`, 2);
  }
}
