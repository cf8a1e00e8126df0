/**
 * An exported app into a stage, by the routes that its callers have: each file is staged as its owner and claimed for its lock
 * or template, or uploaded into its session. So it passes every check, counts where it should, and gets a new id.
 */
import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { note, plain, show } from '../print.ts';
import { type ConnectOptions, connectTo, withConnectOptions } from '../verify/connect.ts';
import { formOf } from '../verify/pictures.ts';
import { type Ask, done, Mismatch, openStage, that } from '../verify/stage.ts';
import { begin, mayImport, type Target } from './begin.ts';
import { type ExportedFile, readApp, readBytes, readFiles } from './folder.ts';
import { logFile } from './note.ts';
import { addLine, mustBeOwn, readLines } from './plain-files.ts';
import { progressOf } from './progress.ts';
import { isFileId, isId } from './record.ts';

interface Options extends ConnectOptions {
  as?: string;
  keepSettings?: boolean;
  intoExisting?: boolean;
}

/** A line of what was imported: for the platform, to put the new ids into its configs. */
interface Imported {
  from: string;
  to: string;
  holder: ExportedFile['holder'];
  sessionId: string | null;
}

/** Settings that do not apply at once must not make an upload fail: instances keep them for five seconds. */
const settledSeconds = 20;

export function importCommand(): Command {
  return withConnectOptions(new Command('import'))
    .description('bring an exported app into a stage; files get new ids, and the same again goes on where it stopped')
    .argument('<folder>', 'what stowage export wrote')
    .option('--as <app>', 'under this id, in place of its own')
    .option('--keep-settings', "leave the app's settings as they are in this stage")
    .option('--into-existing', 'also into an app that has files or settings of its own in this stage')
    .action(async (dir: string, options: Options, command: Command) => {
      const exported = await readApp(dir);
      const { files, unread } = await readFiles(dir);
      if (unread > 0) note(command, `${unread} lines of files.ndjson tell of no file and are left out.`);
      const { as: app = exported.appId, keepSettings = false, intoExisting = false } = options;
      if (!isId(app)) throw new Failure('invalid_option', '--as is no id of an app.', 2);
      const { baseUrl, proofs } = await connectTo(options, command);
      if (!proofs.can('sign')) {
        throw new Failure(
          'invalid_option',
          'Give --issuer-key: files are stored as their owners, whose tokens are signed with it.',
          2,
        );
      }
      const stage = openStage(baseUrl, `import-${exported.appId}`, new AbortController().signal);
      const target: Target = { stage, proofs, app, dir, baseUrl };
      const log = logFile(target);
      await mustBeOwn(log);
      const logged = (await readLines(log)).lines as Partial<Imported>[];
      const noted = await mayImport(target, logged.length > 0, intoExisting);
      const before = new Set(logged.map(({ from }) => from));
      // Oldest first, so that lists are in the order they had.
      const left = files.filter(({ id }) => !before.has(id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const finish = await begin(target, exported, { keepSettings, note: noted }, left);
      const failed = await importAll(target, left, log, command).finally(finish);
      const summary = { app, imported: left.length - failed.length, before: before.size, failed, log };
      show(command, summary, () => `${summary.imported} files imported, ${before.size} before; new ids in ${log}`);
      if (failed.length > 0) {
        const words = failed.map(({ id, reason }) => plain(`${id}: ${reason}`)).join('\n');
        throw new Failure(
          'import_incomplete',
          `${failed.length} files were not imported. Run it again after mending:\n${words}`,
        );
      }
    });
}

/** One after the other, since one user stages little at a time. A file that is refused stops none of the others. */
async function importAll(target: Target, files: ExportedFile[], log: string, command: Command) {
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const tell = progressOf(command, { files: files.length, bytes });
  const failed: { id: string; reason: string }[] = [];
  for (const file of files) {
    try {
      const to = await importOne(target, file);
      await addLine(log, { from: file.id, to, holder: file.holder, sessionId: file.sessionId } satisfies Imported);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      failed.push({ id: file.id, reason: error.message });
      if (failed.length === 1) note(command, plain(`${file.id}: ${error.message}`));
    }
    tell(file.sizeBytes);
  }
  return failed;
}

/** The id it has in this stage. Repeated, it is the same file: every step has a key of its own. */
async function importOne(target: Target, file: ExportedFile): Promise<string> {
  const { proofs, app, dir } = target;
  const bytes = await readBytes(dir, file);
  if (file.state === 'session' && file.sessionId !== null) {
    const ids = { sub: file.userId, appId: app, sessionId: file.sessionId, lockId: file.holder?.id ?? file.sessionId };
    const as = { token: target.key?.key ?? '', main: await proofs.session(ids) };
    return await stored(target, `/api/extensions/sessions/${file.sessionId}/files`, '', as, file, bytes);
  }
  const as = { token: await proofs.user(file.userId) };
  const id = await stored(target, `/api/extensions/apps/${app}/files`, '/stage', as, file, bytes);
  if (file.holder !== null) await claim(target, file, id);
  return id;
}

/** Up to this a form carries a file (docs/contract.md, "Requests", rounded down). */
const formBytes = 4 * 1024 * 1024;

async function stored(
  { stage }: Target,
  base: string,
  form: string,
  as: Ask,
  file: ExportedFile,
  bytes: Buffer<ArrayBuffer>,
): Promise<string> {
  const { id, originalName: name, mimeType: type, purpose, draftId, state } = file;
  const fields = { ...(purpose !== null && { purpose }), ...(state === 'staged' && draftId !== null && { draftId }) };
  let to = '';
  await stage.eventually(settledSeconds, async () => {
    if (bytes.byteLength <= formBytes) {
      const told = await stage.ask('POST', base + form, {
        ...as,
        body: formOf(bytes, { name, type, fields }),
        key: `import-${id}`,
      });
      to = done<{ file: { id: string } }>(told, 201).file.id;
      return;
    }
    const json = { filename: name, mimeType: type, sizeBytes: bytes.byteLength, ...fields };
    const offer = done<{ uploadId: string; uploadUrl: string; headers: Record<string, string> }>(
      await stage.ask('POST', `${base}/presign`, { ...as, json, key: crypto.randomUUID() }),
      201,
    );
    done(await stage.open('PUT of a file', offer.uploadUrl, { method: 'PUT', headers: offer.headers, body: bytes }));
    const completed = await stage.ask('POST', `${base}/complete`, { ...as, json: { uploadId: offer.uploadId } });
    to = done<{ file: { id: string } }>(completed, 201).file.id;
  });
  that(isFileId(to), `${base}: the stage answers no id of a file`);
  return to;
}

async function claim({ stage, proofs, app }: Target, { id, userId, holder, sessionId }: ExportedFile, fileId: string) {
  const inSession = holder?.type === 'lock' && sessionId !== null ? { sessionId } : {};
  const config = { provider: 'chastify_storage', fileId };
  const json = { userId, target: { ...holder, ...inSession }, config };
  done(
    await stage.ask('POST', `/platform/extensions/${app}/claims`, {
      token: await proofs.platform(),
      json,
      key: `import-claim-${id}`,
    }),
  );
}
