import { rmSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { temporaryFolder } from './app.ts';

let dir: string;
let cloud: Cloud;
beforeAll(async () => {
  dir = temporaryFolder();
  cloud = await startCloud({ dir });
});
afterAll(async () => {
  await cloud.close();
  rmSync(dir, { recursive: true, force: true });
});

async function stage(): Promise<Response> {
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(image)], { type: 'image/png' }), 'red.png');
  const headers = { authorization: `Bearer ${cloud.dev.userToken}` };
  return fetch(`${cloud.baseUrl}/api/extensions/apps/demo-app/files/stage`, { method: 'POST', headers, body });
}

describe('the whole product in this process', () => {
  it('listens on loopback only', () => {
    const addresses = [cloud.baseUrl, cloud.dev.r2.endpoint, cloud.dev.dynamodb.endpoint, cloud.stack.endpoints.sqs];
    for (const address of addresses) expect(new URL(address).hostname).toBe('127.0.0.1');
  });

  it('counts what a request asks of the bucket and the table', async () => {
    cloud.requests.reset();
    expect((await stage()).status).toBe(201);
    expect(cloud.requests.r2).toEqual({ PutObject: 1 });
    expect(cloud.requests.dynamodb.TransactWriteItems).toBe(1);
    expect(cloud.requests.sqs).toEqual({});
  });

  it('lets a test break the bucket, and mend it', async () => {
    cloud.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 500, code: 'InternalError' } : undefined;
    const broken = await stage();
    cloud.faults.r2 = undefined;
    expect(broken.status).toBeGreaterThanOrEqual(500);
    expect((await stage()).status).toBe(201);
    expect(await cloud.drain()).toMatchObject({ finished: true, left: {} });
  });

  it('refuses a second cloud on the same folder while the first runs', async () => {
    await expect(startCloud({ dir })).rejects.toThrow(/in use/);
  });
});
