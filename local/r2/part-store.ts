/**
 * Uploads in parts on disk: a row an upload, a row and a blob a part. A part's row is its commit, as an object's is. An
 * upload becomes an object in one transaction of the database, so that a crash leaves the upload with all its parts, or
 * the object, and never both or neither.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Blobs, Draft } from './blobs.ts';
import type { Guard, ObjectFacts, Store, StoredObject } from './store.ts';

export interface PartUpload {
  id: string;
  bucket: string;
  key: string;
  /** Milliseconds since the epoch. */
  initiated: number;
  facts: ObjectFacts;
}

export interface StoredPart {
  number: number;
  blob: string;
  size: number;
  etag: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

export interface PartStore {
  begin(bucket: string, key: string, facts: ObjectFacts, now: Date): PartUpload;
  /** Undefined when it was completed or aborted, is not of this key, or is too old: R2 aborts after seven days. */
  find(bucket: string, key: string, id: string, now: Date): PartUpload | undefined;
  /** In the order of key and id, after the given ones. */
  page(bucket: string, after: { key: string; id: string }, limit: number, now: Date): PartUpload[];
  /** In the order of their numbers, after one. */
  list(upload: PartUpload, after: number, limit: number): StoredPart[];
  /** Puts a part in the place of the one with its number. False when the upload ended meanwhile: the draft is discarded. */
  put(upload: PartUpload, number: number, draft: Draft, now: Date): Promise<boolean>;
  /** Puts parts together on disk. */
  join(parts: StoredPart[]): Promise<Draft>;
  /** Makes the object of exactly these parts and ends the upload; undefined when it or one of them is another by now. */
  commit(upload: PartUpload, parts: StoredPart[], draft: Draft, now: Date, guard: Guard): StoredObject | undefined;
  abort(upload: PartUpload): Promise<void>;
}

/** Cloudflare: "Multipart upload": incomplete uploads are aborted after seven days by default. */
const uploadLifeMs = 7 * 86_400_000;

export const partSchema = `
  CREATE TABLE IF NOT EXISTS uploads (
    bucket TEXT NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL, initiated INTEGER NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (bucket, key, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified INTEGER NOT NULL, PRIMARY KEY (upload, number)
  ) WITHOUT ROWID;
`;

/** The uploads of an open database. */
export function openPartStore(db: DatabaseSync, blobs: Blobs, objects: Pick<Store, 'commit'>): PartStore {
  const insert = db.prepare('INSERT INTO uploads VALUES (?, ?, ?, ?, ?)');
  const selectOne = db.prepare('SELECT * FROM uploads WHERE bucket = ? AND key = ? AND id = ?');
  const selectPage = db.prepare(
    'SELECT * FROM uploads WHERE bucket = ? AND (key > ? OR (key = ? AND id > ?)) ORDER BY key, id LIMIT ?',
  );
  const selectOld = db.prepare('SELECT * FROM uploads WHERE initiated <= ?');
  const drop = db.prepare('DELETE FROM uploads WHERE bucket = ? AND key = ? AND id = ?');
  const selectParts = db.prepare('SELECT * FROM parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?');
  const putPart = db.prepare('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)');
  const dropParts = db.prepare('DELETE FROM parts WHERE upload = ?');

  /** All or nothing, in one tick. */
  function atOnce<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    try {
      const done = work();
      db.exec('COMMIT');
      return done;
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }

  const list = (upload: PartUpload, after: number, limit: number) =>
    selectParts.all(upload.id, after, limit) as unknown as StoredPart[];

  function end({ bucket, key, id }: PartUpload): void {
    drop.run(bucket, Buffer.from(key), id);
    dropParts.run(id);
  }

  async function abort(upload: PartUpload): Promise<void> {
    const parts = list(upload, 0, -1);
    atOnce(() => end(upload));
    await Promise.all(parts.map(({ blob }) => blobs.erase(blob)));
  }

  function abortOld(now: Date): void {
    const old = selectOld.all(now.getTime() - uploadLifeMs) as unknown as Row[];
    for (const row of old) void abort(uploadOf(row));
  }

  function find(bucket: string, key: string, id: string, now: Date): PartUpload | undefined {
    abortOld(now);
    const row = selectOne.get(bucket, Buffer.from(key), id) as Row | undefined;
    return row && uploadOf(row);
  }

  return {
    find,
    list,
    abort,
    begin(bucket, key, facts, now) {
      // As long as R2's, and with the signs of base64 that a URL has to encode.
      const upload = { id: randomBytes(192).toString('base64'), bucket, key, initiated: now.getTime(), facts };
      insert.run(bucket, Buffer.from(key), upload.id, upload.initiated, JSON.stringify(facts));
      return upload;
    },
    page(bucket, after, limit, now) {
      abortOld(now);
      const key = Buffer.from(after.key);
      return (selectPage.all(bucket, key, key, after.id, limit) as unknown as Row[]).map(uploadOf);
    },
    async put(upload, number, { blob, size, etag }, now) {
      if (find(upload.bucket, upload.key, upload.id, now) === undefined) {
        await blobs.erase(blob);
        return false;
      }
      const [former] = list(upload, number - 1, 1);
      putPart.run(upload.id, number, blob, size, etag, now.getTime());
      if (former?.number === number) await blobs.erase(former.blob);
      return true;
    },
    async join(parts) {
      async function* all() {
        for (const { blob } of parts) yield* blobs.read(blob);
      }
      const { blob, size } = await blobs.write(all());
      const sums = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex')));
      return { blob, size, etag: `${createHash('md5').update(sums).digest('hex')}-${parts.length}` };
    },
    commit(upload, parts, draft, now, guard) {
      const { bucket, key, id, facts } = upload;
      const all = list(upload, 0, -1);
      const there = new Set(all.map(({ blob }) => blob));
      if (!find(bucket, key, id, now) || parts.some(({ blob }) => !there.has(blob))) return undefined;
      const object = atOnce(() => {
        end(upload);
        return objects.commit(bucket, key, draft, facts, now, guard);
      });
      for (const { blob } of all) void blobs.erase(blob);
      return object;
    },
  };
}

interface Row extends Omit<PartUpload, 'key' | 'facts'> {
  key: Uint8Array;
  facts: string;
}

function uploadOf({ id, bucket, key, initiated, facts }: Row): PartUpload {
  return { id, bucket, key: Buffer.from(key).toString('utf8'), initiated, facts: JSON.parse(facts) as ObjectFacts };
}
