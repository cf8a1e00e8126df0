/**
 * Bytes on disk, in `blobs/<xx>/<random id>`: written once and never changed. What no row of the database names is
 * unreachable, and removed at a later start.
 */
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes on disk that no row names yet. */
export interface Draft {
  blob: string;
  size: number;
  /** MD5 in hex, without quotes; of what was put together of parts, S3's own form. */
  etag: string;
}

const abandonedAfterMs = 3_600_000;
const pieceBytes = 1_048_576;

export type Blobs = ReturnType<typeof openBlobs>;

/** The blobs below `root`, which is made when it is missing. Throws what the disk throws. */
export function openBlobs(root: string) {
  mkdirSync(root, { recursive: true });
  const path = (blob: string) => join(root, blob.slice(0, 2), blob);
  const newBlob = () => {
    const blob = randomBytes(16).toString('hex');
    mkdirSync(join(root, blob.slice(0, 2)), { recursive: true });
    return blob;
  };
  /** Best effort: what stays behind is unreachable, and removed at a later start. */
  const erase = (blob: string) => unlink(path(blob)).catch(() => undefined);

  /** Writes bytes to disk. Throws what `chunks` throws, and leaves nothing then. */
  async function write(chunks: AsyncIterable<Uint8Array>): Promise<Draft> {
    const blob = newBlob();
    const hash = createHash('md5');
    let size = 0;
    const file = await open(path(blob), 'wx');
    try {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        await file.writeFile(chunk);
      }
    } catch (error) {
      await erase(blob);
      throw error;
    } finally {
      await file.close();
    }
    return { blob, size, etag: hash.digest('hex') };
  }

  /** A blob's bytes, or a part of them, a piece at a time. */
  async function* read(blob: string, first = 0, last = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    const file = await open(path(blob));
    try {
      const buffer = Buffer.allocUnsafe(pieceBytes);
      for (let at = first; at <= last; ) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(pieceBytes, last - at + 1), at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  return {
    write,
    read,
    erase,
    open: (blob: string): Promise<FileHandle> => open(path(blob)),
    /** The same bytes under a new name, shared on disk and not copied. */
    share(blob: string): string {
      const shared = newBlob();
      linkSync(path(blob), path(shared));
      return shared;
    },
    /** Removes what no row names. Only old ones: a young one may be an upload that runs right now. */
    removeAbandoned(named: ReadonlySet<unknown>): void {
      for (const folder of readdirSync(root)) {
        for (const name of readdirSync(join(root, folder))) {
          if (named.has(name)) continue;
          const file = join(root, folder, name);
          const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
          if (Date.now() - written > abandonedAfterMs) rmSync(file, { force: true });
        }
      }
    },
  };
}
