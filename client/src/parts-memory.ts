/** Which upload a file belongs to, kept over a reload of the page. */

/** As much of `localStorage` as is used. */
export interface ResumeStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** The Idempotency-Key of an upload, and its id once the API has answered. */
export interface Remembered {
  key: string;
  uploadId?: string;
}

const prefix = 'stowage upload ';

/** The page's storage; undefined where there is none, or the page may not use it (a sandboxed frame, say). */
export function pageStorage(): ResumeStorage | undefined {
  try {
    return (globalThis as { localStorage?: ResumeStorage }).localStorage;
  } catch {
    return undefined;
  }
}

/** Keeps what is known by a file's fingerprint, in the page as well: a storage may be full or forbidden. */
export function rememberIn(storage: ResumeStorage | undefined) {
  const held = new Map<string, Remembered>();
  const attempt = <T>(run: (storage: ResumeStorage) => T): T | undefined => {
    try {
      return storage && run(storage);
    } catch {
      return undefined;
    }
  };
  return {
    get(name: string): Remembered | undefined {
      const text = attempt((kept) => kept.getItem(prefix + name));
      return text ? (JSON.parse(text) as Remembered) : held.get(name);
    },
    set(name: string, entry: Remembered): void {
      held.set(name, entry);
      attempt((kept) => kept.setItem(prefix + name, JSON.stringify(entry)));
    },
    forget(name: string): void {
      held.delete(name);
      attempt((kept) => kept.removeItem(prefix + name));
    },
  };
}

const sampleBytes = 64 * 1024;

/**
 * What tells a file from others without reading all of it: its name, size and time, what is asked for it, and three samples
 * of its bytes. Hexadecimal digits.
 */
export async function fingerprintOf(file: Blob, asked: unknown): Promise<string> {
  const { lastModified } = file as { lastModified?: number };
  const starts = [0, Math.max(0, Math.floor(file.size / 2) - sampleBytes), Math.max(0, file.size - sampleBytes)];
  const samples = starts.map((start) => file.slice(start, start + sampleBytes));
  const all = new Blob([JSON.stringify([asked, file.size, lastModified]), ...samples]);
  const digest = await crypto.subtle.digest('SHA-256', await all.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
