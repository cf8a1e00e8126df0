import { enterQuarantine } from './quarantine.ts';
import type { StoredFile } from './record.ts';

/** What is found out about a direct upload when its bytes are checked. Without `expiresAt` it stays until it is deleted. */
export type StoredFacts = Pick<StoredFile, 'mimeType' | 'sizeBytes' | 'image' | 'expiresAt'>;

/** A file as it is once its bytes are at their final key: looked at again when it expires, or while it has to be judged. */
export function readied<F extends StoredFile>(file: F, now: Date): F {
  const next: F = { ...file, state: 'ready', rev: file.rev + 1, updatedAt: now.toISOString(), readyAt: now.getTime() };
  delete next.dueAt;
  return file.expiresAt === undefined ? enterQuarantine(next, now) : { ...next, dueAt: file.expiresAt };
}

/** {@link readied} of a direct upload, of which more is known by then than was declared. */
export function settled<F extends StoredFile>(file: F, facts: StoredFacts, now: Date): F {
  const { incoming: _, image: __, expiresAt: ___, ...kept } = file;
  return readied({ ...kept, ...facts } as F, now);
}
