import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { Failure } from './failure.ts';
import { isJson, note, show } from './print.ts';
import { type Connection, connectionOf, isLoopback } from './profiles.ts';

const openers: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  linux: ['xdg-open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Where a stage is administered in a browser. The page asks for a token itself: none is in the address. */
export function openCommand(): Command {
  return new Command('open')
    .description("open the stage's page for administrators, or print its address")
    .option('--print', 'print the address and open nothing')
    .action(async ({ print = false }: { print?: boolean }, command: Command) => {
      const url = pageOf(await connectionOf(command.optsWithGlobals().profile));
      show(command, { url }, () => url);
      if (print || isJson(command) || !process.stdout.isTTY) return;
      const [program, ...args] = openers[process.platform] ?? ['xdg-open'];
      await promisify(execFile)(program, [...args, url]).catch(() => note(command, 'No browser could be opened.'));
    });
}

/** The page that the profile names; the one-machine cloud serves its own. Throws `no_page`: a deployed API serves none. */
function pageOf({ baseUrl, adminUrl }: Connection): string {
  if (adminUrl !== undefined) return adminUrl;
  if (isLoopback(new URL(baseUrl))) return `${baseUrl.replace(/\/+$/, '')}/admin`;
  throw new Failure(
    'no_page',
    'The profile does not say where its page is. Host it (docs/operating.md, "Administration page") and name it by stowage profiles set --admin-url.',
  );
}
