import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { markerPrefix } from '#core/files/ids.ts';
import type { StagedList } from '../../client/src/types.ts';
import { openDemo, pick, useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let photo: Buffer;
beforeAll(async () => {
  // Noise does not compress: a picture of this size has the weight of a camera's.
  const noise = { create: { width: 3100, height: 2400, channels: 3, background: 'gray' } } as const;
  const grain = { ...noise.create, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as const;
  photo = await sharp({ create: grain }).jpeg({ quality: 97 }).toBuffer();
});

/** Lets the page send this many bytes a second, so that an upload can be watched. */
async function slowDown(page: Page, bytesPerSecond: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const limits = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', limits);
}

async function staged(): Promise<StagedList> {
  const { baseUrl, appId, userToken } = cloud().dev;
  const headers = { authorization: `Bearer ${userToken}` };
  return (await (
    await fetch(`${baseUrl}/api/extensions/apps/${appId}/files/staged`, { headers })
  ).json()) as StagedList;
}

/** All that lies in the bucket but the mark of its table. */
async function keys(): Promise<string[]> {
  const { endpoint, accessKeyId, secretAccessKey, bucket } = cloud().dev.r2;
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = new S3Client({ endpoint, credentials, region: 'auto', forcePathStyle: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  s3.destroy();
  return Contents.map(({ Key = '' }) => Key).filter((key) => !key.startsWith(markerPrefix));
}

describe('a photo of a camera', () => {
  test('weighs what no form carries', () => {
    expect(photo.length).toBeGreaterThan(7_500_000);
    expect(photo.length).toBeLessThan(10_485_760);
  });

  test('goes straight to the bucket, and its progress is seen on the way', async () => {
    const page = await newPage();
    const urls: string[] = [];
    page.on('request', (request) => urls.push(`${request.method()} ${new URL(request.url()).pathname}`));
    const setup = await openDemo(page, cloud().baseUrl);
    await slowDown(page, 4_000_000);
    await pick(setup, { name: 'large.jpg', buffer: photo });
    const seen = new Set<number>();
    const bar = setup.getByRole('progressbar', { name: 'Upload of large.jpg' });
    await bar.waitFor();
    const picture = setup
      .getByRole('listitem')
      .filter({ has: setup.getByRole('button', { name: 'Delete large.jpg' }) });
    await expect
      .poll(
        async () => {
          const value = await bar
            .evaluate((element: HTMLProgressElement) => element.value, undefined, { timeout: 500 })
            .catch(() => 0);
          if (value > 0 && value < 1) seen.add(value);
          return await picture.count();
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(1);
    expect(seen.size).toBeGreaterThan(3);
    expect(urls.filter((url) => url.startsWith('PUT /stowage-local/incoming/'))).toHaveLength(1);
    expect(urls.filter((url) => url.endsWith('/files/stage'))).toEqual([]);
    const { items } = await staged();
    expect(items).toMatchObject([{ originalName: 'large.jpg', mimeType: 'image/webp', width: 2560 }]);
    await setup.getByRole('button', { name: 'Delete large.jpg' }).click();
    await expect.poll(async () => (await staged()).items).toEqual([]);
  });

  test('leaves nothing when it is stopped on the way: no file, no reservation, no object', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await cloud().drain();
    await slowDown(page, 1_500_000);
    await pick(setup, { name: 'stopped.jpg', buffer: photo });
    const bar = setup.getByRole('progressbar', { name: 'Upload of stopped.jpg' });
    await expect
      .poll(() => bar.evaluate((element: HTMLProgressElement) => element.value), { interval: 50 })
      .toBeGreaterThan(0.1);
    expect((await staged()).stagedQuota.bytesUsed).toBe(photo.length);
    await setup.getByRole('button', { name: 'Stop uploading stopped.jpg' }).click();
    await expect.poll(() => setup.locator('#uploads li').count()).toBe(0);
    await expect.poll(async () => (await staged()).stagedQuota).toMatchObject({ bytesUsed: 0, fileCount: 0 });
    expect((await staged()).items).toEqual([]);
    await cloud().drain();
    expect(await keys()).toEqual([]);
  });

  test('leaves nothing when its page is reloaded on the way', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await slowDown(page, 1_500_000);
    await pick(setup, { name: 'reloaded.jpg', buffer: photo });
    const bar = setup.getByRole('progressbar', { name: 'Upload of reloaded.jpg' });
    await expect
      .poll(() => bar.evaluate((element: HTMLProgressElement) => element.value), { interval: 50 })
      .toBeGreaterThan(0.1);
    // The extension's page goes, the platform's stays: its host gives up what nobody waits for.
    const frame = page.frames().find((candidate) => candidate.url().endsWith('/setup'));
    await frame?.evaluate(() => location.reload());
    await expect.poll(async () => (await staged()).stagedQuota).toMatchObject({ bytesUsed: 0, fileCount: 0 });
  });
});
