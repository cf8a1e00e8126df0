/**
 * Objects on disk: bytes in `blobs/<xx>/<random id>`, written once and never changed, and one SQLite row an object that
 * names its blob. The row is the commit: until it is written nobody sees the bytes, and a crash leaves at worst a blob
 * without a row, which a later start removes. Keys live only in rows, so any key is a safe one, and SQLite compares
 * them as bytes, which is S3's order. Differs from real R2: nothing is flushed for a power failure, only for a crash.
 */
import { mkdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Draft, openBlobs } from './blobs.ts';
import type { Checksum } from './body.ts';
import { openPartStore, type PartStore, partSchema } from './part-store.ts';

export type { Draft } from './blobs.ts';

/** What is stored with the bytes and served with them. */
export interface ObjectFacts {
  /** `content-type`, `cache-control` and their kin. */
  headers: Record<string, string>;
  /** User metadata, by its full `x-amz-meta-*` name. */
  metadata: Record<string, string>;
  checksum?: Checksum | undefined;
}

export interface StoredObject extends ObjectFacts {
  key: string;
  blob: string;
  size: number;
  /** MD5 in hex, without quotes; of an object made of parts S3's form of it, `<hex>-<parts>`. */
  etag: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

/** Decides over a write in the same tick as it happens, by throwing; so of racing writers exactly one sees the old state. */
export type Guard = (current: StoredObject | undefined) => void;

export interface Store {
  find(bucket: string, key: string): StoredObject | undefined;
  /** The object and its open bytes, always of one version however many overwrites race. The caller closes the file. */
  open(bucket: string, key: string): Promise<{ object: StoredObject; file: FileHandle } | undefined>;
  /** Writes bytes to disk. Throws what `chunks` throws, and leaves nothing then. */
  write(chunks: AsyncIterable<Uint8Array>): Promise<Draft>;
  /** A draft of an object's own bytes, shared on disk and not copied. */
  share(object: StoredObject): Draft;
  /** The bytes of a draft, a piece at a time. */
  read(draft: Pick<Draft, 'blob'>, first?: number, last?: number): AsyncIterable<Uint8Array>;
  commit(bucket: string, key: string, draft: Draft, facts: ObjectFacts, modified: Date, guard: Guard): StoredObject;
  discard(draft: Draft): Promise<void>;
  remove(bucket: string, key: string, guard: Guard): void;
  /** Up to `limit` objects with `from <= key < before`, in byte order of their UTF-8 keys. */
  page(bucket: string, from: Uint8Array, before: Uint8Array | undefined, limit: number): StoredObject[];
  /** Uploads in parts that are under way. */
  parts: PartStore;
  close(): void;
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key BLOB NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified INTEGER NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (bucket, key)
  ) WITHOUT ROWID;
  ${partSchema}
`;

interface Row {
  key: Uint8Array;
  blob: string;
  size: number;
  etag: string;
  modified: number;
  facts: string;
}

/** Opens, or begins, the data folder. Several processes may read one folder; one should write. Throws what the disk throws. */
export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true });
  const blobs = openBlobs(join(dir, 'blobs'));
  const db = new DatabaseSync(join(dir, 'objects.sqlite'));
  db.exec(schema);
  const named = db.prepare('SELECT blob FROM objects UNION ALL SELECT blob FROM parts').all();
  blobs.removeAbandoned(new Set(named.map((row) => row.blob)));

  const selectOne = db.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?');
  const selectPage = db.prepare(
    'SELECT * FROM objects WHERE bucket = ? AND key >= ? AND (? IS NULL OR key < ?) ORDER BY key LIMIT ?',
  );
  const upsert = db.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?');
  const { erase } = blobs;

  const find = (bucket: string, key: string) => {
    const row = selectOne.get(bucket, Buffer.from(key)) as Row | undefined;
    return row && objectOf(row);
  };

  const objects: Omit<Store, 'parts' | 'close'> = {
    find,
    async open(bucket, key) {
      for (;;) {
        const object = find(bucket, key);
        if (!object) return undefined;
        try {
          return { object, file: await blobs.open(object.blob) };
        } catch (error) {
          // Overwritten or deleted between the row and the file: the row now says something else. If not, it is a fault.
          if (find(bucket, key)?.blob === object.blob) throw error;
        }
      }
    },
    write: blobs.write,
    read: ({ blob }, first, last) => blobs.read(blob, first, last),
    share: ({ blob, size, etag }) => ({ blob: blobs.share(blob), size, etag }),
    commit(bucket, key, draft, facts, modified, guard) {
      const current = find(bucket, key);
      guard(current);
      const { headers, metadata, checksum } = facts;
      const stored = { headers, metadata, ...(checksum && { checksum }) };
      const bytes = Buffer.from(key);
      upsert.run(bucket, bytes, draft.blob, draft.size, draft.etag, modified.getTime(), JSON.stringify(stored));
      if (current) void erase(current.blob);
      return { key, ...draft, modified: modified.getTime(), ...stored };
    },
    async discard(draft) {
      await erase(draft.blob);
    },
    remove(bucket, key, guard) {
      const current = find(bucket, key);
      guard(current);
      if (!current) return;
      drop.run(bucket, Buffer.from(key));
      void erase(current.blob);
    },
    page(bucket, from, before, limit) {
      const end = before ?? null;
      return (selectPage.all(bucket, from, end, end, limit) as unknown as Row[]).map(objectOf);
    },
  };
  return { ...objects, parts: openPartStore(db, blobs, objects), close: () => db.close() };
}

function objectOf(row: Row): StoredObject {
  const { blob, size, etag, modified } = row;
  const facts = JSON.parse(row.facts) as ObjectFacts;
  return { key: Buffer.from(row.key).toString('utf8'), blob, size, etag, modified, ...facts };
}
