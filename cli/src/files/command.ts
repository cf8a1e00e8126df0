import { Command, Option } from 'commander';
import type { AppFileDetail, AppFileFilter } from '../../../server/src/index.ts';
import { adminOf } from '../client.ts';
import { Failure } from '../failure.ts';
import { note, plain, show, size, table } from '../print.ts';

const states = ['pending', 'staged', 'claimed', 'session', 'expired', 'deleting'] as const;

interface Filter {
  state?: (typeof states)[number];
  session?: string;
  user?: string;
  search?: string;
  limit: string;
}

/** Files of an app, as an administrator sees them (docs/contract.md, "Files as administrators see them"). */
export function filesCommand(): Command {
  const files = new Command('files').description("an app's files: list, look at, explain, delete");
  files
    .command('ls')
    .description('files in any state, newest first')
    .argument('<app>', 'whose')
    .addOption(new Option('--state <state>', 'only these').choices(states))
    .option('--session <id>', 'only of this session')
    .option('--user <id>', 'only of this user')
    .option('--search <text>', 'only those with this in their name')
    .option('--limit <count>', 'at most so many', '100')
    .action(async (app: string, filter: Filter, command: Command) => {
      const found = await listed(app, filter, command);
      const headings = ['id', 'state', 'size', 'created', 'holder', 'name'];
      show(command, found, (items) =>
        table(
          headings,
          items.map((file) => [
            file.id,
            file.state,
            size(file.sizeBytes),
            file.createdAt,
            holderOf(file),
            file.originalName,
          ]),
        ),
      );
    });
  files
    .command('show')
    .description('all that is recorded of a file, with a link that works for minutes')
    .argument('<app>', 'whose')
    .argument('<file>', 'its id')
    .action(async (app: string, id: string, _: object, command: Command) => {
      const { file } = await (await adminOf(command)).files.get(app, id);
      show(command, file, rowsOf);
    });
  files
    .command('why')
    .description('where a file is in its life: what has it, when it goes and by what, what happened to it')
    .argument('<app>', 'whose')
    .argument('<file>', 'its id')
    .action(async (app: string, id: string, _: object, command: Command) => {
      const { file, why } = await (await adminOf(command)).files.get(app, id);
      show(command, { id: file.id, ...why }, () => whyOf(file, why));
    });
  files
    .command('rm')
    .description('delete files for good, whatever has them: their locks and templates lose them, too')
    .argument('<app>', 'whose')
    .argument('<files...>', 'their ids')
    .action(async (app: string, ids: string[], _: object, command: Command) => {
      const admin = await adminOf(command);
      const deleted: string[] = [];
      try {
        for (const id of ids) {
          await admin.files.delete(app, id);
          deleted.push(id);
        }
      } finally {
        if (deleted.length < ids.length) note(command, `Deleted before it failed: ${deleted.join(', ') || 'none'}.`);
      }
      show(command, { appId: app, deleted }, () => deleted.map((id) => `deleted ${id}`).join('\n'));
    });
  return files;
}

async function listed(app: string, { state, session, user, search, limit }: Filter, command: Command) {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new Failure('invalid_option', '--limit is a whole number from 1.', 2);
  const filter: AppFileFilter = {
    links: 'false',
    limit: Math.min(200, most),
    ...(state !== undefined && { state }),
    ...(session !== undefined && { sessionId: session }),
    ...(user !== undefined && { userId: user }),
    ...(search !== undefined && { search }),
  };
  const found = [];
  for await (const file of (await adminOf(command)).files.list(app, filter)) {
    if (found.length === most) {
      note(command, `There are more: --limit ${most * 10}.`);
      break;
    }
    found.push(file);
  }
  return found;
}

type Detail = AppFileDetail['file'];

const holderOf = ({ holder, sessionId, userId }: Pick<Detail, 'holder' | 'sessionId' | 'userId'>) =>
  holder === null ? (sessionId === null ? `user ${userId}` : `session ${sessionId}`) : `${holder.type} ${holder.id}`;

function rowsOf(file: Detail): string {
  const rows = Object.entries(file).map(([name, value]): [string, string] => [
    name,
    value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  return table(['', ''], rows).trimStart();
}

/** A story in the order in which somebody asks: what is it, who has it, when does it go, what is pending, how came it here. */
function whyOf(file: Detail, { state, summary, heldBy, goes, cleanups, timeline }: AppFileDetail['why']): string {
  const holds = heldBy.map(({ type, id, deletedAt, clones }) => {
    const gone = deletedAt === undefined ? '' : `, deleted at ${deletedAt}`;
    return `  ${type} ${id}${clones === undefined ? '' : `, shown by ${clones} clones`}${gone}`;
  });
  const lines = [
    `${file.id} ${file.originalName}, ${size(file.sizeBytes)}: ${state}`,
    summary,
    ...(holds.length === 0 ? [] : ['held by', ...holds]),
    `goes ${goes.at === undefined ? '' : `at ${goes.at} `}by ${goes.by}: ${goes.summary}`,
    ...cleanups.map(({ type, id, againAt }) => `clean-up of ${type} ${id} is pending, at the latest ${againAt}`),
    'what happened',
    ...timeline.map(({ at, event, summary: words }) => `  ${at}  ${event}  ${words}`),
  ];
  return lines.map(plain).join('\n');
}
