/**
 * Files of a folder that may come from anybody: a link in it, or a pipe, would have this process read or write for whoever made
 * it. So each is opened as a file of its own or not at all, and what an earlier run left is added to or replaced, never cut.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { Failure } from '../failure.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

const strange = (file: string, what: string) =>
  new Failure('not_a_file', `${file} is no ${what} of its own, but a link or the like. Nothing goes through it.`, 2);

/** Throws `not_a_file` for what is there and is a link, or something else than a folder. */
export async function mustBeFolder(dir: string): Promise<void> {
  const found = await statOf(dir);
  if (found !== undefined && !found.isDirectory()) throw strange(dir, 'folder');
}

/** Its size, or undefined where there is none. Throws `not_a_file`. */
export async function sizeOf(file: string): Promise<number | undefined> {
  const found = await statOf(file);
  if (found !== undefined && !found.isFile()) throw strange(file, 'file');
  return found?.size;
}

/** Throws `not_a_file` for what cannot be added to: another name of somebody's file is as good as a link to it. */
export async function mustBeOwn(file: string): Promise<void> {
  await sizeOf(file);
  if (((await statOf(file))?.nlink ?? 1) > 1) throw strange(file, 'file');
}

/** Its content, or undefined where there is none. Throws `not_a_file`. */
export async function readPlain(file: string): Promise<Buffer<ArrayBuffer> | undefined> {
  if ((await sizeOf(file)) === undefined) return undefined;
  const handle = await opened(file, O_RDONLY);
  try {
    return Buffer.from(await readFile(handle));
  } finally {
    await handle.close();
  }
}

/** Appends a line and has it on disk. What a kill left of the one before stays a line of its own. */
export async function addLine(file: string, line: object): Promise<void> {
  await mustBeOwn(file);
  const handle = await opened(file, O_RDWR | O_APPEND | O_CREAT);
  try {
    const { size, nlink } = await handle.stat();
    if (nlink > 1) throw strange(file, 'file');
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const isHalf = size > 0 && last.toString() !== '\n';
    await handle.appendFile(`${isHalf ? '\n' : ''}${JSON.stringify(line)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** All lines that are objects, and how many are none: halves that a kill left, or what somebody put there. */
export async function readLines(file: string): Promise<{ lines: object[]; unread: number }> {
  const text = (await readPlain(file))?.toString() ?? '';
  const all = text.split('\n').filter((line) => line !== '');
  const lines = all.map(objectOf).filter((line) => line !== undefined);
  return { lines, unread: all.length - lines.length };
}

/** In place of what is there, or not at all; a link that is there goes, and what it leads to stays. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.part`;
  await rm(part, { force: true });
  const handle = await opened(part, O_WRONLY | O_CREAT | O_EXCL);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

/** What a text is as JSON, where that is an object. */
export function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function statOf(file: string) {
  return await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Looked at once more when it is open: it may have been exchanged since. */
async function opened(file: string, flags: number): Promise<FileHandle> {
  // A pipe would let nobody through until somebody is at its other end.
  const handle = await open(file, flags | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ELOOP' || error.code === 'ENXIO' ? strange(file, 'file') : error;
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw strange(file, 'file');
}
