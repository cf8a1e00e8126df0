import { Command } from 'commander';
import { adminOf, all } from './client.ts';
import { note, show, table } from './print.ts';

/** Developer keys of an app (docs/contract.md, "Administration"). */
export function keysCommand(): Command {
  const keys = new Command('keys').description("an app's developer keys");
  keys
    .command('create')
    .description('make a key, which is shown this once')
    .argument('<app>', 'the app it is for')
    .requiredOption('--label <text>', 'what it is called in the list')
    .action(async (app: string, { label }: { label: string }, command: Command) => {
      const made = await (await adminOf(command)).developerKeys.create(app, label);
      show(command, made, ({ key }) => key);
      note(command, `Shown this once. Its id, to revoke it by, is ${made.keyId}.`);
    });
  keys
    .command('list')
    .description('keys without their secrets, oldest first')
    .argument('<app>', 'the app they are for')
    .action(async (app: string, _: object, command: Command) => {
      const found = await all((await adminOf(command)).developerKeys.list(app));
      const headings = ['id', 'label', 'created'];
      show(command, found, (items) =>
        table(
          headings,
          items.map((key) => [key.keyId, key.label, key.createdAt]),
        ),
      );
    });
  keys
    .command('revoke')
    .description('end a key; it is refused everywhere within five seconds')
    .argument('<app>', 'the app it is for')
    .argument('<keyId>', 'its id in the list')
    .action(async (app: string, keyId: string, _: object, command: Command) => {
      await (await adminOf(command)).developerKeys.revoke(app, keyId);
      show(command, { appId: app, keyId, revoked: true }, () => `revoked ${keyId}`);
    });
  return keys;
}
