import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { Failure } from './failure.ts';
import { note, show, table } from './print.ts';
import { checkedUrl, configFile, localProfile, type Profile, readConfig, writeConfig } from './profiles.ts';

interface Told {
  url: string;
  adminUrl?: string;
  tokenStdin?: boolean;
  tokenCommand?: string;
}

/** The stages that commands can go to. */
export function profilesCommand(): Command {
  const profiles = new Command('profiles').description(`the stages that commands go to, kept in ${configFile()}`);
  profiles
    .command('list')
    .description('profiles, without tokens')
    .action(async (_: object, command: Command) => {
      const { current, profiles: known } = await readConfig();
      const items = Object.entries(known).map(([name, { url, token, tokenCommand }]) => {
        const proof = token !== undefined ? 'token' : (tokenCommand ?? 'none');
        return { name, url, proof, current: name === current };
      });
      show(command, items, (rows) =>
        table(
          ['', 'profile', 'address', 'token'],
          rows.map(({ name, url, proof, current: isCurrent }) => [isCurrent ? '*' : '', name, url, proof]),
        ),
      );
    });
  profiles
    .command('set')
    .description('make a profile, or replace it; the first one becomes the current one')
    .argument('<name>', 'what to call it')
    .requiredOption('--url <url>', 'where this Stowage is')
    .option('--admin-url <url>', 'where its page for administrators is hosted, for stowage open')
    .option('--token-stdin', 'read a service token with scope admin from standard input, and keep it')
    .option('--token-command <command>', 'what prints a fresh token, run by sh when one is needed')
    .action(async (name: string, told: Told, command: Command) => {
      if (name === localProfile) throw new Failure('invalid_profile', `${localProfile} is the running npm start.`, 2);
      const page = told.adminUrl === undefined ? {} : { adminUrl: checkedUrl(told.adminUrl) };
      const profile: Profile = { url: checkedUrl(told.url), ...page, ...(await proofOf(told)) };
      const config = await readConfig();
      const current = config.current ?? name;
      await writeConfig({ ...config, current, profiles: { ...config.profiles, [name]: profile } });
      note(command, current === name ? `${name} is what commands go to.` : `Use it by --profile ${name}.`);
    });
  profiles
    .command('use')
    .description('make a profile the current one')
    .argument('<name>', 'which')
    .action(async (name: string) => {
      const config = await readConfig();
      if (name !== localProfile) mustHave(config.profiles, name);
      await writeConfig({ ...config, current: name });
    });
  profiles
    .command('remove')
    .description('forget a profile and its token')
    .argument('<name>', 'which')
    .action(async (name: string) => {
      const { current, profiles: known } = await readConfig();
      mustHave(known, name);
      const { [name]: _, ...left } = known;
      await writeConfig({ ...(current !== undefined && current !== name && { current }), profiles: left });
    });
  return profiles;
}

async function proofOf({ tokenStdin = false, tokenCommand }: Told): Promise<Pick<Profile, 'token' | 'tokenCommand'>> {
  if (tokenStdin === (tokenCommand !== undefined)) {
    throw new Failure('invalid_option', 'Give one of --token-stdin and --token-command.', 2);
  }
  if (tokenCommand !== undefined) return { tokenCommand };
  const token = (await text(process.stdin)).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return { token };
  throw new Failure('invalid_token', 'Standard input had no token.', 2);
}

function mustHave(profiles: Record<string, Profile>, name: string): void {
  if (!Object.hasOwn(profiles, name)) throw new Failure('no_such_profile', `There is no profile ${name}.`);
}
