/**
 * What an import notes in the folder of the app that it brings: that the app in this stage is of its making, and, as long as it
 * runs, whether storage was on before. A folder may come from anybody, so a note counts only with the seal of the key that
 * signs the tokens of the import: who made the folder cannot write one.
 */
import { timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import type { Proofs } from '../verify/proofs.ts';
import { objectOf, readPlain, writeWhole } from './plain-files.ts';

export interface Place {
  dir: string;
  baseUrl: string;
  app: string;
  proofs: Proofs;
}

export interface Note {
  /** Whether storage was on before the import turned it on. Gone when that is put back. */
  enabled?: boolean;
}

const nameOf = ({ baseUrl, app }: Place) => `${new URL(baseUrl).host.replace(/[^\w.-]/g, '_')}-${app}`;
const noteFile = (place: Place) => path.join(place.dir, `import-${nameOf(place)}.json`);

/** Where the new ids are written down, for the platform to put into its configs. */
export const logFile = (place: Place): string => path.join(place.dir, `imported-${nameOf(place)}.ndjson`);

const sealOf = ({ baseUrl, app, proofs }: Place, { enabled = null }: { enabled?: boolean | null }): string =>
  proofs.seal(JSON.stringify(['stowage import', new URL(baseUrl).host, app, enabled]));

/** What an import into this app of this stage noted; undefined where none did. */
export async function readNote(place: Place): Promise<Note | undefined> {
  const { enabled, seal } = (objectOf(String(await readPlain(noteFile(place)))) ?? {}) as Note & { seal?: unknown };
  if (enabled !== undefined && typeof enabled !== 'boolean') return undefined;
  const note = enabled === undefined ? {} : { enabled };
  const [given, due] = [Buffer.from(String(seal)), Buffer.from(sealOf(place, note))];
  return given.length === due.length && timingSafeEqual(given, due) ? note : undefined;
}

export async function writeNote(place: Place, note: Note): Promise<void> {
  await writeWhole(noteFile(place), `${JSON.stringify({ ...note, seal: sealOf(place, note) })}\n`);
}
