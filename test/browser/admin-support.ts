/** The administration page of a one-machine cloud with files in it, and hands that know only the keyboard. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { dailyUsageKey } from '#adapters/dynamo/keys.ts';
import type { Cloud } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Calls of a cloud that have to succeed; the JSON of the answer. */
export function callsOf(cloud: Cloud) {
  return async (method: string, path: string, token: string, body?: unknown) => {
    const isForm = body instanceof FormData;
    const answer = await fetch(cloud.baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(isForm ? {} : { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  };
}

/** A photo under a name, as a form carries it. */
export async function photoForm(name: string, fields: Record<string, string> = {}): Promise<FormData> {
  const form = new FormData();
  const bytes = Buffer.from(await jpegPhoto({ width: 320, height: 240 }));
  form.append('file', new Blob([bytes], { type: 'image/jpeg' }), name);
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  return form;
}

/** An app with two files of maria: `held.jpg`, which a lock has, and `waiting.jpg`, which is staged. Their ids. */
export async function fillApp(cloud: Cloud, appId: string): Promise<{ held: string; waiting: string }> {
  const call = callsOf(cloud);
  const maria = await cloud.sign({ token_use: 'user', sub: 'maria' });
  await call('PUT', `/admin/extensions/apps/${appId}/file-storage`, cloud.dev.adminToken, { enabled: true });
  const stage = async (name: string) => {
    const { file } = await call('POST', `/api/extensions/apps/${appId}/files/stage`, maria, await photoForm(name));
    return (file as { id: string }).id;
  };
  const [held, waiting] = [await stage('held.jpg'), await stage('waiting.jpg')];
  await call('POST', `/platform/extensions/${appId}/claims`, cloud.dev.platformToken, {
    userId: 'maria',
    target: { type: 'lock', id: 'lock-42' },
    config: { image: { provider: 'chastify_storage', fileId: held } },
  });
  return { held, waiting };
}

/** Notes what an app used on the days before today, newest first, as the first hourly run of each would have. */
export async function noteDays({ dev }: Cloud, appId: string, usedBytes: number[]): Promise<void> {
  const { endpoint, tableName: TableName } = dev.dynamodb;
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const documents = DynamoDBDocumentClient.from(client);
  for (const [index, bytes] of usedBytes.entries()) {
    const at = new Date(Date.now() - (index + 1) * 86_400_000).toISOString();
    const usage = { usedBytes: bytes, fileCount: 3, at, ttl: Math.floor(Date.now() / 1000) + 86_400 };
    await documents.send(new PutCommand({ TableName, Item: { ...dailyUsageKey(appId, at.slice(0, 10)), ...usage } }));
  }
  client.destroy();
}

/** Opens a view, signed in by the demo's token. */
export async function openAdmin(page: Page, baseUrl: string, hash = '#/apps'): Promise<void> {
  await page.goto(`${baseUrl}/admin/${hash}`);
  await page.getByRole('button', { name: 'Use the demo token' }).click();
  await page.getByRole('heading', { level: 1 }).filter({ hasNotText: 'Administration' }).waitFor();
}

/** Changes the view as a link does, without a load of the page. */
export async function visit(page: Page, hash: string, heading: string): Promise<void> {
  await page.evaluate((next) => {
    location.hash = next;
  }, hash);
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
}

/** Presses Tab until the focus is there. Rejects where the keyboard does not lead there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let press = 0; press < 60; press += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${target}`);
}

/** Goes there by Tab and presses Enter. */
export async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

/** What axe has against the page as it stands, by rule and place. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}

/** Whether the page is no wider than its window. */
export async function expectNoSideways(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
}
