import { describe, expect, test } from 'vitest';
import { eventTypes } from '#core/events/event.ts';
import { endpoints } from '#functions/routes.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();

describe('the reference', () => {
  test('shows every endpoint of the table and every event, and asks no other machine for anything', async () => {
    const page = await newPage();
    const hosts = new Set<string>();
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http')) hosts.add(origin);
    });
    await page.goto(`${cloud().baseUrl}/docs`);
    const shown = page.locator('.opblock-summary-path');
    await shown.first().waitFor();
    const paths = await shown.evaluateAll((elements) => elements.map((element) => element.getAttribute('data-path')));
    expect(paths.toSorted()).toEqual(
      [...Object.values(endpoints).map(({ path }): string => path), ...eventTypes].toSorted(),
    );
    const { path } = endpoints['extensions/session-capabilities'];
    await page.locator(`.opblock-summary-path[data-path="${path}"]`).click();
    await page.getByText('Asked before an extension shows upload controls').waitFor();
    expect([...hosts]).toEqual([cloud().baseUrl]);
  });
});
