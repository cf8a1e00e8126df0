/** An app in a folder: what it is set to, a line for each file, and the bytes. Written so that a kill spoils nothing that is there. */
import { createHash } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { AppStorage } from '../../../server/src/index.ts';
import { Failure } from '../failure.ts';
import { addLine, mustBeFolder, objectOf, readLines, readPlain, sizeOf, writeWhole } from './plain-files.ts';
import { checkedFile, type FileRecord, isId } from './record.ts';

export interface ExportedApp {
  format: 1;
  appId: string;
  exportedAt: string;
  settings: AppStorage['settings'];
}

/** What is known of a file, and the SHA-256 of its bytes. */
export type ExportedFile = FileRecord & { sha256: string };

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const appFile = (dir: string) => path.join(dir, 'app.json');
const listFile = (dir: string) => path.join(dir, 'files.ndjson');
const filesDir = (dir: string) => path.join(dir, 'files');
const bytesFile = (dir: string, id: string) => path.join(filesDir(dir), id);

/** Makes the folder, which only its owner reads: names and pictures of people lie in it. Throws `another_app` and `no_export`. */
export async function beginExport(dir: string, app: ExportedApp): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await mustBeFolder(filesDir(dir));
  // Other programs have an app.json, too.
  const before = (await sizeOf(appFile(dir))) === undefined ? undefined : await readApp(dir);
  if (before !== undefined && before.appId !== app.appId) {
    throw new Failure('another_app', `${dir} has the export of ${before.appId}. Take another folder.`, 2);
  }
  await mkdir(filesDir(dir), { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  await writeWhole(appFile(dir), `${JSON.stringify(app, undefined, 2)}\n`);
}

/** Throws `no_export`. */
export async function readApp(dir: string): Promise<ExportedApp> {
  const app = objectOf(String(await readPlain(appFile(dir)))) as Partial<ExportedApp> | undefined;
  if (app?.format === 1 && isId(app.appId) && typeof app.settings === 'object' && app.settings !== null) {
    return app as ExportedApp;
  }
  throw new Failure('no_export', `${dir} holds no export of this version: there is no app.json of one in it.`, 2);
}

/** Files whose bytes are there, whole, and how many lines tell of no file. */
export async function readFiles(dir: string): Promise<{ files: ExportedFile[]; unread: number }> {
  await mustBeFolder(filesDir(dir));
  const { lines, unread } = await readLines(listFile(dir));
  const files = lines.map(exportedFile).filter((file) => file !== undefined);
  const sizes = await Promise.all(files.map(({ id }) => sizeOf(bytesFile(dir, id))));
  const whole = files.filter((file, index) => sizes[index] === file.sizeBytes);
  return {
    files: [...new Map(whole.map((file) => [file.id, file])).values()],
    unread: unread + lines.length - files.length,
  };
}

function exportedFile(line: object): ExportedFile | undefined {
  const file = checkedFile(line);
  const { sha256 } = line as { sha256?: unknown };
  if (file === undefined || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return { ...file, sha256 };
}

/** Bytes first, and the line that says they are there after. */
export async function keepFile(dir: string, file: FileRecord, bytes: Uint8Array): Promise<void> {
  await writeWhole(bytesFile(dir, file.id), bytes);
  await addLine(listFile(dir), { ...file, sha256: sha256Of(bytes) });
}

/** The bytes as they were exported. Throws `bytes_changed`. */
export async function readBytes(dir: string, { id, sha256 }: ExportedFile): Promise<Buffer<ArrayBuffer>> {
  const bytes = await readPlain(bytesFile(dir, id));
  if (bytes !== undefined && sha256Of(bytes) === sha256) return bytes;
  throw new Failure('bytes_changed', `files/${id} is not what was exported: its SHA-256 differs. Export it again.`);
}
