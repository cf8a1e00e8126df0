import type { FileRecord } from '#core/files/record.ts';

/**
 * A list of the uploads API whose length is shown: all files of an owner, or those of one coin
 * (docs/contract.md, "List files").
 */
export type ListRef = { kind: 'owner'; userId: string } | { kind: 'coin'; userId: string; coinName: string };

/**
 * The lists a file is counted in. Derived, never stored: whatever makes a file ready, hides it or releases it asks here
 * and moves the counts in the same transaction, so a count is the length of its list at every moment.
 */
export function listsOf(file: FileRecord): ListRef[] {
  if (file.scope !== 'upload' || file.state !== 'ready' || file.deletedAt !== undefined) return [];
  const { userId, coinName } = file;
  return [{ kind: 'owner', userId }, ...(coinName === undefined ? [] : [{ kind: 'coin' as const, userId, coinName }])];
}
