import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, openAsBlob, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLong } from '#test/support/long.ts';
import { randomOf } from '#test/support/seeded.ts';
import { type InPartsOptions, inParts, type ResumeStorage } from '../../client/src/parts.ts';
import { createUploader, type Progress, uploadsTarget } from '../../client/src/uploader.ts';
import { type Line, startLine } from './line.ts';
import { useUploads } from './uploader-fixture.ts';

const uploads = useUploads();
const MiB = 1_048_576;
const seed = Number(process.env.SEED ?? 1);

let line: Line;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-parts-'));
});
afterEach(() => {
  line.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(cutAt: number[] = []): Promise<void> {
  const { baseUrl, dev } = uploads.cloud();
  line = await startLine({ api: baseUrl, r2: dev.r2.endpoint, cutAt });
}

/** A page's storage. */
function storageOf(kept = new Map<string, string>()): ResumeStorage & { kept: Map<string, string> } {
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

const uploader = (options: InPartsOptions = {}, retry = {}) =>
  createUploader({
    baseUrl: line.baseUrl,
    target: uploadsTarget('private'),
    auth: () => ({ authorization: `Bearer ${uploads.cloud().dev.userToken}` }),
    retry: { baseMs: 5, ...retry },
    parts: inParts({ minBytes: 5 * MiB, ...options }),
  });

/** A file on disk, which nobody has to hold, and the SHA-256 of its bytes. */
async function fileOf(bytes: number): Promise<{ file: Blob; sha256: string }> {
  const path = join(dir, 'film.bin');
  const hash = createHash('sha256');
  const piece = randomBytes(MiB);
  const pieces = function* () {
    for (let at = 0; at < bytes; at += piece.length) {
      piece.writeDoubleBE(at);
      const next = Buffer.from(piece.subarray(0, Math.min(piece.length, bytes - at)));
      hash.update(next);
      yield next;
    }
  };
  await pipeline(Readable.from(pieces()), createWriteStream(path));
  return { file: await openAsBlob(path), sha256: hash.digest('hex') };
}

async function sha256Of(fileId: string): Promise<string> {
  const { baseUrl, dev } = uploads.cloud();
  const headers = { authorization: `Bearer ${dev.userToken}` };
  const link = (await (await fetch(`${baseUrl}/v1/upload/url/${fileId}`, { headers })).json()) as { data: string };
  const hash = createHash('sha256');
  for await (const chunk of (await fetch(link.data)).body ?? []) hash.update(chunk);
  return hash.digest('hex');
}

async function setLargest(maxFileBytes: number): Promise<void> {
  const { baseUrl, dev } = uploads.cloud();
  const headers = { authorization: `Bearer ${dev.adminToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ maxFileBytes });
  await fetch(`${baseUrl}/admin/uploads/settings`, { method: 'PUT', headers, body });
  await sleep(1_100);
}

/** Where a line breaks, so many times on the way of so many bytes. */
function cutsOf(times: number, bytes: number): number[] {
  const random = randomOf(seed);
  return Array.from({ length: times }, () => Math.floor(random() * bytes * 0.9)).sort((a, b) => a - b);
}

const partsSent = () => line.seen.filter((request) => request === 'PUT bucket').length;

describe('an upload in parts', () => {
  it(`of 40 MB over a line that is cut five times ends right (SEED=${seed})`, { timeout: 120_000 }, async () => {
    const { file, sha256 } = await fileOf(40_000_000);
    await open(cutsOf(5, file.size));
    const seen: Progress[] = [];
    const stored = await uploader().upload(file, {
      filename: 'film.bin',
      onProgress: (each) => seen.push({ ...each }),
    });
    expect(line.cuts).toBe(5);
    expect(await sha256Of(stored._id)).toBe(sha256);
    expect(seen.at(-1)).toEqual({ sentBytes: file.size, totalBytes: file.size });
    // A cut costs the parts that are under way, three of them, and no more.
    expect(line.sentBytes).toBeLessThan(file.size + 5 * 3 * 5 * MiB + 100_000);
  });

  it.runIf(isLong)(
    `of 1 GB over a line that is cut five times ends right, in flat memory (SEED=${seed})`,
    { timeout: 900_000 },
    async () => {
      await setLargest(2 ** 31);
      const { file, sha256 } = await fileOf(2 ** 30);
      await open(cutsOf(5, file.size));
      const before = process.memoryUsage().rss;
      let peak = before;
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 50);
      const stored = await uploader().upload(file, { filename: 'film.bin' });
      clearInterval(timer);
      expect(line.cuts).toBe(5);
      expect(await sha256Of(stored._id)).toBe(sha256);
      // The client, the line and the bucket together.
      expect(peak - before).toBeLessThan(400 * MiB);
      await setLargest(104_857_600);
    },
  );

  it('goes on after a reload with the same file, sends what is missing only, and forgets it then', async () => {
    const { file, sha256 } = await fileOf(32 * MiB);
    const storage = storageOf();
    await open([20 * MiB]);
    const first = uploader({ storage }, { attempts: 1 }).upload(file, { filename: 'film.bin' });
    await expect(first).rejects.toMatchObject({ code: 'network_error' });
    expect(storage.kept.size).toBe(1);
    const before = partsSent();
    const seen: Progress[] = [];
    const again = await openAsBlob(join(dir, 'film.bin'));
    const stored = await uploader({ storage }).upload(again, {
      filename: 'film.bin',
      onProgress: (each) => seen.push({ ...each }),
    });
    expect(await sha256Of(stored._id)).toBe(sha256);
    expect(partsSent() - before).toBeLessThan(7);
    expect(seen[0]?.sentBytes).toBeGreaterThan(0);
    expect(line.seen.filter((request) => request === 'POST /v1/upload/presign')).toHaveLength(1);
    expect(storage.kept.size).toBe(0);
  });

  it('begins anew with another file of the same name, and where the first upload is over', async () => {
    const storage = storageOf();
    const first = await fileOf(12 * MiB);
    await open([8 * MiB]);
    await uploader({ storage }, { attempts: 1 })
      .upload(first.file, { filename: 'film.bin' })
      .catch(() => undefined);
    const [name = '', kept = ''] = [...storage.kept][0] ?? [];
    const { uploadId } = JSON.parse(kept) as { uploadId: string };
    await uploader({ storage }).delete(uploadId);
    expect((await uploader({ storage }).upload(first.file, { filename: 'film.bin' }))._id).not.toBe(uploadId);
    storage.kept.set(name, kept);
    const other = await fileOf(12 * MiB);
    const stored = await uploader({ storage }).upload(other.file, { filename: 'film.bin' });
    expect(await sha256Of(stored._id)).toBe(other.sha256);
    expect([...storage.kept.keys()]).toEqual([name]);
  });

  it('that is aborted is given up with its parts', async () => {
    const { file } = await fileOf(20 * MiB);
    await open();
    const storage = storageOf();
    const abort = new AbortController();
    const onProgress = ({ sentBytes }: Progress) => {
      if (sentBytes > 8 * MiB) abort.abort();
    };
    const upload = uploader({ storage }).upload(file, { filename: 'film.bin', signal: abort.signal, onProgress });
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    expect(line.seen).toContain('DELETE /v1/upload/:id');
    expect(storage.kept.size).toBe(0);
  });

  it('sends small files as before', async () => {
    await open();
    await uploader().upload(new File(['small'], 'a.txt'));
    await uploader({ minBytes: 30 * MiB }).upload(new File([randomBytes(5 * MiB)], 'b.bin'));
    expect(line.seen).toEqual([
      'POST /v1/upload/private',
      'POST /v1/upload/presign',
      'PUT bucket',
      'POST /v1/upload/complete',
    ]);
  });
});
