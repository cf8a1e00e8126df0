import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { startPublicBucket } from '#local/r2/public.ts';
import { bucket, clientOf, credentials, startedR2, temporaryFolder } from './support.ts';

/** A server in a process of its own, so that it can be killed. */
async function spawned(dir: string): Promise<{ child: ChildProcess; endpoint: string }> {
  const server = new URL('../../../local/r2/server.ts', import.meta.url);
  const options = JSON.stringify({ dir, credentials, buckets: [{ name: bucket }], writesPerKeyPerSecond: 1e9 });
  const script = `const { startR2 } = await import(${JSON.stringify(server)}); console.log((await startR2(${options})).endpoint);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, endpoint: line.toString().trim() };
}

it('killed in the middle of its work, it has every object it acknowledged, and every object it has is whole', async () => {
  const dir = await temporaryFolder();
  const { child, endpoint } = await spawned(dir);
  const writer = clientOf({ endpoint });
  const acknowledged = new Map<string, string | undefined>();
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; ; i++) {
      const Key = `w${w}/${i % 5}`;
      const { ETag } = await writer.send(
        new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.alloc(100_000, `${w} ${i}`) }),
      );
      acknowledged.set(Key, ETag);
      if (acknowledged.size > 30) child.kill('SIGKILL');
    }
  });
  await Promise.allSettled(writers);
  expect(acknowledged.size).toBeGreaterThan(30);

  const { s3 } = await startedR2({ dir });
  const found = new Set<string | undefined>();
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key } of page.Contents ?? []) {
      found.add(Key);
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const body = (await got.Body?.transformToByteArray()) ?? '';
      expect(`"${createHash('md5').update(body).digest('hex')}"`).toBe(got.ETag);
    }
  }
  for (const key of acknowledged.keys()) expect(found).toContain(key);
});

it('is read from another process while it is overwritten, and no reader misses', async () => {
  const dir = await temporaryFolder();
  const { endpoint } = await spawned(dir);
  const writer = clientOf({ endpoint });
  const put = (body: string) => writer.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: body }));
  await put('first');
  const site = await startPublicBucket({ dir, bucket });
  onTestFinished(() => site.close());
  let writing = true;
  const readers = Array.from({ length: 8 }, async () => {
    const statuses = new Set<number>();
    while (writing)
      statuses.add((await fetch(`${site.endpoint}/x`).then(async (got) => got.text().then(() => got))).status);
    return [...statuses];
  });
  for (let i = 0; i < 200; i++) await put(`${i}`);
  writing = false;
  expect(await Promise.all(readers)).toEqual(Array(8).fill([200]));
});

it('removes at a later start what a crash left behind, and only that', async () => {
  const dir = await temporaryFolder();
  const folder = join(dir, 'blobs', 'ab');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'abandoned'), 'old');
  await writeFile(join(folder, 'running'), 'new');
  await utimes(join(folder, 'abandoned'), 0, 0);
  await startedR2({ dir });
  expect(await readdir(folder)).toEqual(['running']);
});
