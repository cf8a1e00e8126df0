import { expect, it } from 'vitest';
import { redact } from '#runtime/log.ts';

const secret = `sk_app_${'k'.repeat(36)}_${'s'.repeat(43)}`;

it('a secret in a text is not logged, and the words around it are', () => {
  expect(redact(`refused ${secret} of an app`)).toBe('refused [redacted developer key] of an app');
});

it.each([0, 1, 20, 60, 85])('nor is a half of one, %i characters of which are within what is looked at', (within) => {
  const before = 'word '.repeat(4_000).slice(0, 20_000 - within - 1);
  const clean = redact(`${before} ${secret} after`);
  expect(clean.slice(0, 100)).toBe(before.slice(0, 100));
  expect(clean).not.toMatch(/sk_|kkk|sss/);
});

it('a text of hostile length is looked at only so far', () => {
  expect(redact(`long ${'-eyJ'.repeat(1_000_000)}`)).toBe('long ');
});
