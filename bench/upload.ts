import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { startCloud } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';

/**
 * What a form upload costs beyond what it must: the floor is the bare encoding of the same picture and one PUT of the
 * result to the same bucket, in this process, without gateway, function, token, form, table or check. Both take turns
 * in one run, one at a time for the latency and four at a time for the throughput. Ratios compare machines, times do not.
 * Run: `node bench/upload.ts [rounds]`.
 */
const rounds = Number(process.argv[2] ?? 20);
const inFlight = 4;
const maxEdge = 2560;
sharp.concurrency(1);
sharp.cache(false);

const dir = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const begun = performance.now();
const cloud = await startCloud({ dir, maxInstancesPerFunction: inFlight });
const startMs = performance.now() - begun;
const { dev } = cloud;

// Room for everything this run stores.
const settings = { maxBytesPerApp: 1e12, maxBytesPerSession: 1e12 };
await fetch(`${dev.baseUrl}/admin/extensions/apps/${dev.appId}/file-storage`, {
  method: 'PUT',
  headers: { authorization: `Bearer ${dev.adminToken}`, 'content-type': 'application/json' },
  body: JSON.stringify(settings),
});

const store = createObjectStore({
  endpoint: dev.r2.endpoint,
  buckets: { default: dev.r2.bucket },
  credentials: async () => dev.r2,
});
let objects = 0;

async function floor(picture: Buffer): Promise<void> {
  const bytes = await sharp(picture)
    .autoOrient()
    .resize({ width: maxEdge, height: maxEdge, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80, effort: 2 })
    .toBuffer();
  objects += 1;
  await store.put({ bucket: 'default', key: `bench/${objects}.webp` }, bytes, { contentType: 'image/webp' });
}

async function upload(picture: Buffer): Promise<void> {
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }), 'photo.jpg');
  const response = await fetch(`${dev.baseUrl}/api/extensions/sessions/${dev.sessionId}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${dev.developerKey}`, 'x-chastify-main-token': dev.sessionToken },
    body,
  });
  if (response.status !== 201) throw new Error(`The upload answered ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const several = (work: () => Promise<void>) => Promise.all(Array.from({ length: inFlight }, work));

async function measure(picture: Buffer) {
  const times = { floor: [] as number[], upload: [] as number[], floors: [] as number[], uploads: [] as number[] };
  for (let round = -2; round < rounds; round += 1) {
    const one = { floor: await timed(() => floor(picture)), upload: await timed(() => upload(picture)) };
    const four = {
      floors: await timed(() => several(() => floor(picture))),
      uploads: await timed(() => several(() => upload(picture))),
    };
    if (round < 0) continue;
    for (const [name, ms] of Object.entries({ ...one, ...four })) times[name as keyof typeof times].push(ms);
  }
  const [low, ours, lows, all] = [times.floor, times.upload, times.floors, times.uploads].map(median) as [
    number,
    number,
    number,
    number,
  ];
  return {
    'sent, kB': Math.round(picture.length / 1000),
    'floor, ms': low.toFixed(1),
    'upload, ms': ours.toFixed(1),
    'upload / floor': (ours / low).toFixed(2),
    'floor, per s': ((inFlight / lows) * 1000).toFixed(1),
    'uploads, per s': ((inFlight / all) * 1000).toFixed(1),
    'uploads / floor, per s': (lows / all).toFixed(2),
  };
}

try {
  const pictures: [name: string, make: () => Promise<Buffer>][] = [
    ['JPEG 320 x 240', () => jpegPhoto()],
    ['JPEG 2 MP', () => jpegPhoto({ width: 1600, height: 1200 })],
    ['JPEG 8 MP', () => jpegPhoto({ width: 3264, height: 2448 })],
  ];
  const firstMs = await timed(async () => upload(await jpegPhoto()));
  const rows: Record<string, Awaited<ReturnType<typeof measure>>> = {};
  for (const [name, make] of pictures) rows[name] = await measure(await make());
  const peak = Math.max(...Object.values(cloud.stack.functions.peakRssBytes()));
  process.stdout.write(
    `started in ${startMs.toFixed(0)} ms, first upload (a cold function) ${firstMs.toFixed(0)} ms, `,
  );
  process.stdout.write(`largest instance ${(peak / 1e6).toFixed(0)} MB\n`);
  // biome-ignore lint/suspicious/noConsole: a bench prints its table.
  console.table(rows);
} finally {
  await cloud.close();
  rmSync(dir, { recursive: true, force: true });
}
