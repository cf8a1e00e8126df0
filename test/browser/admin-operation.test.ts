import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { operatorQueues } from '#test/support/operator-queues.ts';
import { callsOf, enter, fillApp, openAdmin, photoForm, visit } from './admin-support.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
beforeAll(async () => {
  await fillApp(cloud(), 'gallery');
  const { userToken } = cloud().dev;
  for (const name of ['public.jpg', 'gone.jpg'])
    await callsOf(cloud())('POST', '/v1/upload', userToken, await photoForm(name));
});
afterEach(() => {
  for (const service of ['r2', 'dynamodb'] as const) cloud().faults[service] = undefined;
});

const admin = (method: string, path: string, body?: unknown) =>
  callsOf(cloud())(method, path, cloud().dev.adminToken, body);
/** A message that the lifecycle worker fails at for good. */
async function deadLetter(MessageBody: string): Promise<void> {
  const { sqs, urlOf } = operatorQueues(cloud());
  await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(/Lifecycle/), MessageBody }));
  sqs.destroy();
  await cloud().drain();
}
const dialog = (page: Page, name: string) => page.getByRole('dialog', { name });

describe('uploads', () => {
  test('of a user are listed, deleted for good after a word of it, and those their owner deleted apart', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/uploads');
    await page.getByText('Whose files?').waitFor();
    await page.getByRole('textbox', { name: 'User id' }).fill('demo-user');
    await page.keyboard.press('Enter');
    await page.getByText('2 files in all').waitFor();
    await enter(page, page.getByRole('button', { name: 'Delete gone.jpg' }));
    await dialog(page, 'Delete gone.jpg?')
      .getByText(/nobody can restore it/)
      .waitFor();
    await enter(page, dialog(page, 'Delete gone.jpg?').getByRole('button', { name: 'Delete' }));
    await page.getByText('1 file in all').waitFor();
    const { items } = await admin('GET', '/admin/uploads?ownerId=demo-user');
    const [kept] = items as { id: string; originalName: string }[];
    expect(kept?.originalName).toBe('public.jpg');
    await callsOf(cloud())('DELETE', `/v1/upload/${kept?.id}`, cloud().dev.userToken);
    await page.getByText('Deleted', { exact: true }).first().click();
    await page.getByRole('row', { name: /public\.jpg/ }).waitFor();
    expect(page.url()).toContain('state=deleted');
  });
});

describe('an organization', () => {
  test('shows its files by its id, in a link that leads back', async () => {
    const file = { ownerType: 'progress_photo', mimeType: 'image/jpeg', fileSize: 1000, filename: 'progress.jpg' };
    await callsOf(cloud())('POST', '/organizations/demo-org/uploads/presign', cloud().dev.userToken, file);
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/organizations');
    await page.getByRole('textbox', { name: 'Organization id' }).fill('demo-org');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /progress\.jpg.*Pending/ }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/organizations/demo-org');
    await enter(page, page.getByRole('button', { name: 'Delete progress.jpg' }));
    await enter(page, dialog(page, 'Delete progress.jpg?').getByRole('button', { name: 'Delete' }));
    await page.getByText('progress.jpg is deleted.').waitFor();
    await visit(page, '#/organizations/nobody', 'Organizations');
    await page.getByText('This organization has no files').waitFor();
  });
});

describe('health', () => {
  test('names what is ill, and is well again after another look', async () => {
    const page = await newPage();
    cloud().faults.r2 = () => ({ status: 403, code: 'AccessDenied' });
    await openAdmin(page, cloud().baseUrl, '#/health');
    await page.getByText(/: not well$/).waitFor();
    await page.getByRole('row', { name: /^Bucket default.*Failed/ }).waitFor();
    cloud().faults.r2 = undefined;
    const again = page.getByRole('button', { name: 'Look again' });
    await expect
      .poll(async () => {
        await again.click();
        return page.getByText('The stage is well').isVisible();
      })
      .toBe(true);
  });
});

describe('reconcile', () => {
  test('looks first and changes nothing, repairs when told to, and keeps the report', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/reconcile');
    await enter(page, page.getByRole('button', { name: 'Dry run' }));
    await page.getByText(/A dry run over \d+ records?/).waitFor();
    await enter(page, page.getByRole('button', { name: 'Repair' }));
    await dialog(page, 'Repair what drifted?')
      .getByText(/puts right what it finds/)
      .waitFor();
    await enter(page, dialog(page, 'Repair what drifted?').getByRole('button', { name: 'Repair' }));
    const run = page.getByRole('region', { name: 'Run it now' });
    await run.getByText(/A real run over \d+ records?/).waitFor();
    const kept = page.getByRole('button', { name: /by an administrator/ });
    await enter(page, kept.first());
    await expect.poll(() => kept.first().getAttribute('aria-expanded')).toBe('true');
    await visit(page, '#/audit', 'Audit');
    await page.getByText('Reconcile run').first().waitFor();
  });
});

describe('dead letters', () => {
  test('are told to be missing on a stage that does not list them', async () => {
    const page = await newPage();
    await page.route(/\/admin\/dead-letters$/, async (route) => {
      const body = { status: 'error', code: 'not_found', message: 'There is no such route.', requestId: 'r-1' };
      await route.fulfill({ status: 404, json: body });
    });
    await openAdmin(page, cloud().baseUrl, '#/dead-letters');
    await page.getByText('Not on this stage').waitFor();
  });

  test('are looked at and sent back to their queue, after a word of it', async () => {
    const page = await newPage();
    await deadLetter('{"type":"nothing","lockId":"lock-7"}');
    await openAdmin(page, cloud().baseUrl, '#/dead-letters');
    await enter(page, page.getByRole('link', { name: 'lifecycle' }));
    await dialog(page, 'lifecycle').getByText('"lock-7"').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, 'lifecycle').waitFor({ state: 'hidden' });
    for (const queue of ['cleanup', 'expiry']) {
      expect(await page.getByRole('button', { name: `Redrive ${queue}` }).isDisabled(), queue).toBe(true);
    }
    await enter(page, page.getByRole('button', { name: 'Redrive lifecycle' }));
    const asked = dialog(page, 'Redrive lifecycle?');
    await asked.getByText(/Sends 1 message back to the queue/).waitFor();
    await enter(page, asked.getByRole('button', { name: 'Redrive' }));
    await page.getByText('Completed, 1 of 1').waitFor();
    await visit(page, '#/audit', 'Audit');
    await page.getByText('Dead letters redriven').first().waitFor();
  });
});

describe('an error', () => {
  test('of a service that is away is told in the words of the API, and the view is there on another try', async () => {
    const page = await newPage();
    cloud().faults.r2 = undefined;
    await openAdmin(page, cloud().baseUrl, '#/health');
    cloud().faults.dynamodb = () => ({ type: 'InternalServerError', status: 503 });
    await visit(page, '#/audit', 'Audit');
    const alert = page.getByRole('alert');
    await alert.getByText('The API cannot answer now').waitFor();
    expect(await alert.textContent()).toMatch(/temporarily_unavailable · HTTP 503 · request \S+/);
    cloud().faults.dynamodb = undefined;
    await enter(page, alert.getByRole('button', { name: 'Try again' }));
    await page.getByRole('table', { name: 'Audit' }).waitFor();
  });

  test('of a view that cannot be shown leaves the navigation to go on by', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await page.route(/\/admin\/audit/, (route) => route.fulfill({ json: { items: [{ id: 'of another version' }] } }));
    await enter(page, page.getByRole('link', { name: 'Audit' }));
    await page.getByRole('alert').getByText('That did not work').waitFor();
    await enter(page, page.getByRole('link', { name: 'Apps' }));
    await page.getByRole('link', { name: 'gallery' }).waitFor();
  });

  test('of a line that is broken says so', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await page.route('**/admin/audit*', (route) => route.abort());
    await visit(page, '#/audit', 'Audit');
    await page.getByRole('alert').getByText('The API could not be reached').waitFor();
  });
});
