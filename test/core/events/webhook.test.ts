import { expect, test } from 'vitest';
import { pauseSeconds } from '#core/events/webhook.ts';

const pauses = Array.from({ length: 11 }, (_, index) => pauseSeconds(index + 1, {}, 0));

test('a webhook that is not taken comes again after seconds at first, and for hours in the end', () => {
  expect(pauses.slice(0, 4)).toEqual([10, 30, 90, 270]);
  expect(Math.max(...pauses)).toBe(10_800);
  const hours = pauses.reduce((sum, pause) => sum + pause, 0) / 3600;
  expect(hours).toBeGreaterThan(12);
  // What SQS may hide a message for in all, from one receipt, is 12 hours; each of these is a receipt of its own.
  expect(Math.max(...pauses) * 1.2).toBeLessThan(12 * 3600);
});

test('a webhook waits as long as its receiver asks, within reason, and not for all others together', () => {
  expect(pauseSeconds(1, { retryAfterSeconds: 120 }, 0)).toBe(120);
  expect(pauseSeconds(1, { retryAfterSeconds: 999_999 }, 0)).toBe(21_600);
  expect(pauseSeconds(3, {}, 1)).toBe(108);
});
