import { Command } from 'commander';
import type { Admin, AppFileDetail } from '../../../server/src/index.ts';
import { adminOf } from '../client.ts';
import { Failure } from '../failure.ts';
import { show, size } from '../print.ts';
import { Mismatch, openStage } from '../verify/stage.ts';
import { beginExport, type ExportedFile, keepFile, readFiles } from './folder.ts';
import { progressOf } from './progress.ts';
import { checkedFile, type FileRecord, isMovable } from './record.ts';

/** Downloads at a time: links are of the bucket, which has no counter that they meet at. */
const atOnce = 4;

/** An app with its files, into a folder. */
export function exportCommand(): Command {
  return new Command('export')
    .description("write an app's settings and files into a folder; the same again goes on where it stopped")
    .argument('<app>', 'which')
    .requiredOption('--to <folder>', 'where; made when it is missing')
    .action(async (app: string, { to }: { to: string }, command: Command) => {
      const admin = await adminOf(command);
      const { settings } = await admin.storage.get(app);
      // All of them before anything is written, since what a stage calls a file is what it is called in the folder.
      const all: FileRecord[] = [];
      for await (const file of admin.files.list(app, { links: 'false', limit: 200 }))
        if (isMovable(file.state)) all.push(answered(file));
      await beginExport(to, { format: 1, appId: app, exportedAt: new Date().toISOString(), settings });
      const had = new Set((await readFiles(to)).files.map(({ id }) => id));
      const wanted = all.filter(({ id }) => !had.has(id));
      const bytes = wanted.reduce((sum, file) => sum + file.sizeBytes, 0);
      const tell = progressOf(command, { files: wanted.length, bytes });
      const gone: string[] = [];
      const queue = wanted.values();
      const work = async () => {
        for (const { id, sizeBytes } of queue) {
          if (!(await fetched(admin, app, id, to))) gone.push(id);
          tell(sizeBytes);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      const { files } = await readFiles(to);
      const summary = { appId: app, folder: to, files: files.length, fetched: wanted.length - gone.length, gone };
      const words = gone.length === 0 ? '' : `, ${gone.length} deleted meanwhile`;
      show(
        command,
        summary,
        () => `${files.length} files (${size(sum(files))}) in ${to}; ${summary.fetched} fetched now${words}`,
      );
    });
}

const sum = (files: ExportedFile[]) => files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);

/** Its record and its bytes of one moment, by a link of that moment. False where it was deleted since it was listed. */
async function fetched(admin: Admin, app: string, id: string, dir: string): Promise<boolean> {
  const file = await detail(admin, app, id);
  if (file?.signedUrl === undefined || !isMovable(file.state)) return false;
  const kept = answered(file, id);
  const told = await openStage('', 'export', AbortSignal.timeout(600_000)).open('GET of a file', file.signedUrl);
  if (told.status === 404) return false;
  if (told.status !== 200) throw new Mismatch(`${id}: the bucket answers ${told.status}`);
  if (told.bytes.byteLength !== kept.sizeBytes) {
    throw new Failure(
      'bytes_missing',
      `${id}: ${told.bytes.byteLength} bytes came of ${kept.sizeBytes}. Run it again.`,
    );
  }
  await keepFile(dir, kept, told.bytes);
  return true;
}

/** A record that the stage answered, of this id where one is asked for. Throws `unexpected_answer`. */
function answered(file: object, id?: string): FileRecord {
  const checked = checkedFile(file);
  if (checked !== undefined && (id === undefined || checked.id === id)) return checked;
  const words = JSON.stringify((file as { id?: unknown }).id);
  throw new Failure(
    'unexpected_answer',
    `The stage answers a file that is none of Stowage's, ${words}. Nothing of it is kept.`,
  );
}

async function detail(admin: Admin, app: string, id: string): Promise<AppFileDetail['file'] | undefined> {
  try {
    return (await admin.files.get(app, id)).file;
  } catch (error) {
    if ((error as { code?: string }).code === 'file_not_found') return undefined;
    throw error;
  }
}
