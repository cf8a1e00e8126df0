import { Command } from 'commander';
import type { Admin, AppFileDetail } from '../../../server/src/index.ts';
import { adminOf } from '../client.ts';
import { Failure } from '../failure.ts';
import { show, size } from '../print.ts';
import { Mismatch, openStage } from '../verify/stage.ts';
import { beginExport, type ExportedFile, keepFile, readFiles } from './folder.ts';
import { progressOf } from './progress.ts';

/** What somebody has, or is about to have; all else is on its way out. */
const exported = ['staged', 'claimed', 'session'];

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
      await beginExport(to, { format: 1, appId: app, exportedAt: new Date().toISOString(), settings });
      const had = new Set((await readFiles(to)).map(({ id }) => id));
      const wanted: Listed[] = [];
      for await (const file of admin.files.list(app, { links: 'false', limit: 200 }))
        if (exported.includes(file.state) && !had.has(file.id)) wanted.push(file);
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
      const files = await readFiles(to);
      const summary = { appId: app, folder: to, files: files.length, fetched: wanted.length - gone.length, gone };
      const words = gone.length === 0 ? '' : `, ${gone.length} deleted meanwhile`;
      show(
        command,
        summary,
        () => `${files.length} files (${size(sum(files))}) in ${to}; ${summary.fetched} fetched now${words}`,
      );
    });
}

type Listed = { id: string; state: string; sizeBytes: number };
const sum = (files: ExportedFile[]) => files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);

/** Its record and its bytes of one moment, by a link of that moment. False where it was deleted since it was listed. */
async function fetched(admin: Admin, app: string, id: string, dir: string): Promise<boolean> {
  const file = await detail(admin, app, id);
  if (file?.signedUrl === undefined || !exported.includes(file.state)) return false;
  const told = await openStage('', 'export', AbortSignal.timeout(600_000)).open('GET of a file', file.signedUrl);
  if (told.status === 404) return false;
  if (told.status !== 200) throw new Mismatch(`${id}: the bucket answers ${told.status}`);
  if (told.bytes.byteLength !== file.sizeBytes) {
    throw new Failure(
      'bytes_missing',
      `${id}: ${told.bytes.byteLength} bytes came of ${file.sizeBytes}. Run it again.`,
    );
  }
  const { state, originalName, mimeType, sizeBytes, userId, sessionId, holder, purpose, draftId, createdAt } = file;
  const kept = { id, state, originalName, mimeType, sizeBytes, userId, sessionId, holder, purpose, draftId, createdAt };
  await keepFile(dir, kept, told.bytes);
  return true;
}

async function detail(admin: Admin, app: string, id: string): Promise<AppFileDetail['file'] | undefined> {
  try {
    return (await admin.files.get(app, id)).file;
  } catch (error) {
    if ((error as { code?: string }).code === 'file_not_found') return undefined;
    throw error;
  }
}
