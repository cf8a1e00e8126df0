import { enterQuarantine } from './quarantine.ts';
import type { StoredFile } from './record.ts';

/** What is found out about a direct upload when its bytes are checked. Without `expiresAt` it stays until it is deleted. */
export type StoredFacts = Pick<StoredFile, 'mimeType' | 'sizeBytes' | 'image' | 'expiresAt'>;

/** A direct upload as it is once its bytes are at their final key. */
export function settled<F extends StoredFile>(file: F, facts: StoredFacts, now: Date): F {
  const next: F = { ...file, state: 'ready', rev: file.rev + 1, updatedAt: now.toISOString(), readyAt: now.getTime() };
  for (const name of ['incoming', 'image', 'expiresAt', 'dueAt'] as const) delete next[name];
  Object.assign(next, facts, facts.expiresAt !== undefined && { dueAt: facts.expiresAt });
  return enterQuarantine(next, now);
}
