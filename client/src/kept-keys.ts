import { isStowageError } from './errors.ts';

/** An Idempotency-Key, and what deletes its upload where that was begun. */
interface Kept {
  key: string;
  /** What the key was used for; for anything else the API refuses it. */
  wish: string;
  undo?: string | undefined;
}

export type KeptKeys = ReturnType<typeof createKeptKeys>;

/**
 * Idempotency-Keys of uploads that failed, by the file: who tries the same `File` again means the same upload, and what
 * the first try left behind is taken up or replaced, not counted beside it. `withdraw` keeps an upload that was about to
 * be deleted; false when it is gone.
 */
export function createKeptKeys(withdraw: (path: string) => boolean) {
  const kept = new WeakMap<Blob, Kept>();

  function take(file: Blob, wish: string): string | undefined {
    const found = kept.get(file);
    // Whoever uploads one file twice at a time means two uploads.
    kept.delete(file);
    if (found?.wish !== wish || (found.undo !== undefined && !withdraw(found.undo))) return undefined;
    return found.key;
  }

  return {
    /** Keeps a key for the next try of this file. */
    keep: (file: Blob, entry: Kept) => void kept.set(file, entry),
    /** Runs under the kept key, or under a new one where none is kept or the kept one's upload is over. */
    async under<T>(file: Blob, wish: string, run: (key: string) => Promise<T>): Promise<T> {
      const again = take(file, wish);
      if (again === undefined) return run(newKey());
      try {
        return await run(again);
      } catch (error) {
        if (!isStowageError(error, 'idempotency_key_reused', 'file_not_found')) throw error;
        return run(newKey());
      }
    },
  };
}

/** An Idempotency-Key: random, since what it stands for is one wish of one person. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
