import { Command } from 'commander';
import type { Admin, AppStorage } from '../../server/src/index.ts';
import { readChanges } from './changes.ts';
import { adminOf } from './client.ts';
import { Failure } from './failure.ts';
import { bar, show, size, table } from './print.ts';

const uploadsOption = ['--uploads', 'those of the uploads API, which belong to no app'] as const;

/** Settings of an app's storage, or of the uploads API. */
export function settingsCommand(): Command {
  const settings = new Command('settings').description("settings of an app's storage, or of the uploads API");
  settings
    .command('get')
    .description('show them')
    .argument('[app]', 'whose')
    .option(...uploadsOption)
    .action(async (app: string | undefined, { uploads = false }: { uploads?: boolean }, command: Command) => {
      if (uploads === (app !== undefined)) throw new Failure('which_settings', 'Name an app, or give --uploads.', 2);
      const admin = await adminOf(command);
      show(command, app === undefined ? await admin.uploads.get() : (await admin.storage.get(app)).settings, rows);
    });
  settings
    .command('set')
    .description('change some of them, as in: stowage settings set puzzle enabled=true maxBytesPerSession=100MB')
    .usage('[options] <app> <name=value...>')
    .argument(
      '<words...>',
      'the app, left out with --uploads, and changes; sizes may end in kB, MB, GB, lists have commas',
    )
    .option(...uploadsOption)
    .action(async (words: string[], { uploads = false }: { uploads?: boolean }, command: Command) => {
      const [app = '', ...changes] = uploads ? ['', ...words] : words;
      if (app.includes('=')) throw new Failure('which_settings', 'Name an app first, or give --uploads.', 2);
      const change = readChanges(changes);
      const admin = await adminOf(command);
      const changed = uploads ? await admin.uploads.set(change) : (await admin.storage.set(app, change)).settings;
      show(command, changed, rows);
    });
  return settings;
}

/** What an app has stored, of what it may. */
export function usageCommand(): Command {
  return new Command('usage')
    .description('what an app has stored, of what it may')
    .argument('<app>', 'which')
    .action(async (app: string, _: object, command: Command) => {
      const storage: AppStorage = await (await adminOf(command)).storage.get(app);
      show(command, storage, ({ usage, settings }) => {
        const { usedBytes, fileCount } = usage;
        const off = settings.enabled ? '' : '\nStorage is off for this app.';
        const share = `${size(usedBytes)} of ${size(settings.maxBytesPerApp)} in ${fileCount} files`;
        return `${bar(usedBytes, settings.maxBytesPerApp)} ${share}${off}`;
      });
    });
}

type Settings = AppStorage['settings'] | Awaited<ReturnType<Admin['uploads']['get']>>;

const rows = (settings: Settings): string =>
  table(
    ['setting', 'value', ''],
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
      typeof value === 'number' && /bytes/i.test(name) ? size(value) : '',
    ]),
  );
