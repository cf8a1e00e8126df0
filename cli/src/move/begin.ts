/** The app that an import goes into: whether it may, what is turned on for it, and how that is put back. */
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../failure.ts';
import { type Ask, done, type Stage } from '../verify/stage.ts';
import type { ExportedApp, ExportedFile } from './folder.ts';
import { type Note, type Place, readNote, writeNote } from './note.ts';

export interface Target extends Place {
  stage: Stage;
  /** Made for the import, and revoked after it. */
  key?: { key: string; keyId: string };
}

interface Storage {
  settings: { enabled: boolean };
  usage: { fileCount: number };
}

const pathOf = (app: string) => `/admin/extensions/apps/${app}`;
const asAdmin = async ({ proofs }: Target): Promise<Ask> => ({ token: await proofs.admin() });
const storageOf = async (target: Target, app: string) =>
  done<Storage>(await target.stage.ask('GET', `${pathOf(app)}/file-storage`, await asAdmin(target)));

/**
 * What this import noted when it was here before; else the app must have nothing yet, so that a folder overwrites nothing that
 * somebody decided, and puts no files among those of others. Throws `app_exists`, and `foreign_log` for ids that no import noted.
 */
export async function mayImport(target: Target, isLogged: boolean, intoExisting: boolean): Promise<Note | undefined> {
  const note = await readNote(target);
  if (note !== undefined) return note;
  const { app, stage } = target;
  if (isLogged) {
    const message = `The folder says what was imported into ${app}, but no import with this key noted that here. Move imported-….ndjson away.`;
    throw new Failure('foreign_log', message);
  }
  if (intoExisting) return undefined;
  const found = await storageOf(target, app);
  const list = await stage.ask('GET', `${pathOf(app)}/files?limit=1&links=false`, await asAdmin(target));
  const hasFiles = found.usage.fileCount > 0 || done<{ items: object[] }>(list).items.length > 0;
  // What an app has that nobody set anything for, in this stage.
  const { settings } = await storageOf(target, `stowage-import-${crypto.randomUUID()}`);
  const hasSettings = !isDeepStrictEqual(found.settings, settings);
  if (!hasFiles && !hasSettings) return undefined;
  const what = [...(hasFiles ? ['files'] : []), ...(hasSettings ? ['settings'] : [])].join(' and ');
  const message = `${app} has ${what} of its own in this stage. Take another id by --as, or give --into-existing to set it as it was exported and to add the files.`;
  throw new Failure('app_exists', message);
}

/** Settings, and a key where one is needed. What it gives puts things as they were exported, whatever happens between. */
export async function begin(
  target: Target,
  { settings }: ExportedApp,
  { keepSettings, note }: { keepSettings: boolean; note: Note | undefined },
  files: ExportedFile[],
): Promise<() => Promise<void>> {
  const { stage, app } = target;
  const keys = `${pathOf(app)}/developer-keys`;
  // A key for each: the same change again, of a run before, is to be made and not only answered.
  const set = async (json: object) => {
    const ask = { ...(await asAdmin(target)), json, key: crypto.randomUUID() };
    done(await stage.ask('PUT', `${pathOf(app)}/file-storage`, ask));
  };
  // Of a run that was killed, only its note knows what was before it.
  const before = note?.enabled ?? (await storageOf(target, app)).settings.enabled;
  await writeNote(target, { enabled: before });
  const enabled = keepSettings ? before : settings.enabled;
  const putBack = async () => {
    if (!enabled) await set({ enabled: false });
    await writeNote(target, {});
  };
  const takeKeyBack = async () => {
    if (target.key === undefined) return;
    done(await stage.ask('DELETE', `${keys}/${target.key.keyId}`, await asAdmin(target)), 204);
  };
  await set({ ...(keepSettings ? {} : settings), enabled: true });
  try {
    if (files.some(({ state }) => state === 'session')) {
      const ask = { ...(await asAdmin(target)), json: { label: 'stowage import' }, key: crypto.randomUUID() };
      target.key = done(await stage.ask('POST', keys, ask), 201);
    }
  } catch (error) {
    await putBack();
    throw error;
  }
  return () => takeKeyBack().finally(putBack);
}
