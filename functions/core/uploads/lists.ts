import type { FileRecord } from '#core/files/record.ts';

/**
 * A list of the uploads API whose length is shown: all files of an owner, those of one coin, or what the owner deleted
 * and may still restore (docs/contract.md, "List files").
 */
export type ListRef =
  | { kind: 'owner'; userId: string }
  | { kind: 'coin'; userId: string; coinName: string }
  | { kind: 'deleted'; userId: string };

/**
 * The lists a file is counted in. Derived, never stored: whatever makes a file ready, hides it or releases it asks here
 * and moves the counts in the same transaction, so a count is the length of its list at every moment.
 */
export function listsOf(file: FileRecord): ListRef[] {
  if (file.scope !== 'upload' || file.state !== 'ready') return [];
  const { userId, coinName } = file;
  if (file.deletedAt !== undefined) return file.restorable === true ? [{ kind: 'deleted', userId }] : [];
  return [{ kind: 'owner', userId }, ...(coinName === undefined ? [] : [{ kind: 'coin' as const, userId, coinName }])];
}
