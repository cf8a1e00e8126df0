import { Argument, Command } from 'commander';
import { type DevFile, readDev } from './dev-file.ts';
import { Failure } from './failure.ts';
import { show } from './print.ts';

const kinds = ['user', 'session', 'platform', 'admin', 'developer-key'] as const;
type Kind = (typeof kinds)[number];

interface Who {
  user?: string;
  app?: string;
  session?: string;
  lock?: string;
  expiresIn?: string;
}

/** Tokens of a running `npm start`, as it left them or made for somebody else; deployed stages hand out none. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('print a token of the one-machine cloud that runs here (npm start)')
    .addArgument(new Argument('<kind>', 'whose proof').choices(kinds))
    .option('--user <id>', 'for this user, of a user or session token')
    .option('--app <id>', 'of this app, of a session token')
    .option('--session <id>', 'of this session, of a session token')
    .option('--lock <id>', 'of this lock, of a session token')
    .option('--expires-in <seconds>', 'how long it works, 12 hours unless told')
    .action(async (kind: Kind, who: Who, command: Command) => {
      const dev = await readDev();
      const made = Object.keys(who).length > 0 ? await make(dev, claimsOf(kind, who, dev)) : standing(kind, dev);
      show(command, { kind, token: made }, ({ token }) => token);
    });
}

function standing(kind: Kind, dev: DevFile): string {
  const { userToken, sessionToken, platformToken, adminToken, developerKey } = dev;
  return {
    user: userToken,
    session: sessionToken,
    platform: platformToken,
    admin: adminToken,
    'developer-key': developerKey,
  }[kind];
}

/** What is not told is as in dev.json. */
function claimsOf(kind: Kind, { user, app, session, lock, expiresIn }: Who, dev: DevFile): object {
  const time = expiresIn === undefined ? {} : { expiresIn: Number(expiresIn) };
  if (kind === 'user' && (app ?? session ?? lock) === undefined)
    return { token_use: 'user', sub: user ?? dev.userId, ...time };
  if (kind === 'session') {
    const place = { appId: app ?? dev.appId, sessionId: session ?? dev.sessionId, lockId: lock ?? dev.lockId };
    return { token_use: 'session', sub: user ?? dev.userId, ...place, ...time };
  }
  if ((kind === 'platform' || kind === 'admin') && (user ?? app ?? session ?? lock) === undefined) {
    return { token_use: 'service', scope: kind, ...time };
  }
  throw new Failure('invalid_option', `One of these options says nothing of a token of the kind ${kind}.`, 2);
}

async function make(dev: DevFile, claims: object): Promise<string> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(claims) };
  const answer = await fetch(`${dev.baseUrl}/__local/tokens`, init).catch(() => undefined);
  if (answer === undefined) throw new Failure('no_dev_stage', `Nothing answers at ${dev.baseUrl}. Run npm start.`);
  const body = (await answer.json()) as { token?: string; message?: string };
  if (body.token === undefined)
    throw new Failure('token_refused', body.message ?? `The server answered ${answer.status}.`);
  return body.token;
}
