/** An app in a folder: what it is set to, a line for each file, and the bytes. Written so that a kill leaves no half line behind. */
import { createHash } from 'node:crypto';
import { appendFile, chmod, mkdir, open, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AppFileDetail, AppStorage } from '../../../server/src/index.ts';
import { Failure } from '../failure.ts';

export interface ExportedApp {
  format: 1;
  appId: string;
  exportedAt: string;
  settings: AppStorage['settings'];
}

/** What is known of a file, and the SHA-256 of its bytes. */
export type ExportedFile = Pick<
  AppFileDetail['file'],
  | 'id'
  | 'state'
  | 'originalName'
  | 'mimeType'
  | 'sizeBytes'
  | 'userId'
  | 'sessionId'
  | 'holder'
  | 'purpose'
  | 'draftId'
  | 'createdAt'
> & { sha256: string };

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const appFile = (dir: string) => path.join(dir, 'app.json');
const listFile = (dir: string) => path.join(dir, 'files.ndjson');
const bytesFile = (dir: string, id: string) => path.join(dir, 'files', id);

/** Makes the folder, which only its owner reads: names and pictures of people lie in it. Throws `another_app`. */
export async function beginExport(dir: string, app: ExportedApp): Promise<void> {
  await mkdir(path.join(dir, 'files'), { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const before = await readApp(dir).catch(() => undefined);
  if (before !== undefined && before.appId !== app.appId) {
    throw new Failure('another_app', `${dir} has the export of ${before.appId}. Take another folder.`, 2);
  }
  await writeWhole(appFile(dir), `${JSON.stringify(app, undefined, 2)}\n`);
}

/** As the API has ids, without those that mean another folder or path: an export may come from anybody. */
const isId = (id: unknown): boolean =>
  typeof id === 'string' && /^[A-Za-z0-9._:@|+-]{1,128}$/.test(id) && !/^\.+$/.test(id);

const isOurs = ({ id, userId, sessionId }: ExportedFile): boolean =>
  /^[0-9a-f]{24}$/.test(String(id)) &&
  isId(userId) &&
  (sessionId === null || sessionId === undefined || isId(sessionId));

/** Throws `no_export`. */
export async function readApp(dir: string): Promise<ExportedApp> {
  try {
    const app = JSON.parse(await readFile(appFile(dir), 'utf8')) as ExportedApp;
    if (app.format === 1 && isId(app.appId)) return app;
  } catch {
    // Told below.
  }
  throw new Failure('no_export', `${dir} holds no export of this version: there is no app.json in it.`, 2);
}

/** Files whose bytes are there, whole. */
export async function readFiles(dir: string): Promise<ExportedFile[]> {
  const files = (await readLines<ExportedFile>(listFile(dir))).filter(isOurs);
  const sizes = await Promise.all(files.map(({ id }) => stat(bytesFile(dir, id)).catch(() => undefined)));
  const whole = files.filter((file, index) => sizes[index]?.size === file.sizeBytes);
  return [...new Map(whole.map((file) => [file.id, file])).values()];
}

/** Bytes first, and the line that says they are there after. */
export async function keepFile(dir: string, file: Omit<ExportedFile, 'sha256'>, bytes: Uint8Array): Promise<void> {
  await writeWhole(bytesFile(dir, file.id), bytes);
  await addLine(listFile(dir), { ...file, sha256: sha256Of(bytes) });
}

/** The bytes as they were exported. Throws `bytes_changed`. */
export async function readBytes(dir: string, { id, sha256 }: ExportedFile): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.from(await readFile(bytesFile(dir, id)));
  if (sha256Of(bytes) === sha256) return bytes;
  throw new Failure('bytes_changed', `files/${id} is not what was exported: its SHA-256 differs. Export it again.`);
}

/** Appends a line and has it on disk. */
export async function addLine(file: string, line: object): Promise<void> {
  await appendFile(file, `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
}

/** All whole lines; what a kill left of one is cut off, so that the next does not join it. */
export async function readLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) await truncate(file, Buffer.byteLength(text.slice(0, end)));
  return text
    .slice(0, end)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, content, { mode: 0o600 });
  const handle = await open(part, 'r');
  await handle.sync();
  await handle.close();
  await rename(part, file);
}
