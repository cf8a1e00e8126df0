/** Small files of the data folder. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step, readable by its owner only: it may hold keys and tokens. */
export function writePrivate(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

/** The file as JSON, or what `create` gives, which is then written. */
export async function readOrCreate<T>(file: string, create: () => T | Promise<T>): Promise<T> {
  const kept = readJson(file);
  if (kept !== undefined) return kept as T;
  const value = await create();
  writePrivate(file, JSON.stringify(value));
  return value;
}

/** The file as JSON; undefined when there is none or it is broken. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
