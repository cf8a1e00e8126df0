import { expect, it } from 'vitest';
import { quotaExceeded } from '#core/files/over-limit.ts';
import { either, sizeInWords } from '#core/files/words.ts';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1536, '1.5 KiB'],
  [10_485_760, '10 MiB'],
  [10_485_761, '10 MiB'],
  [524_288_000, '500 MiB'],
  [1_288_490_189, '1.2 GiB'],
  [10 ** 15, '909 TiB'],
])('%i bytes are %s', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words);
});

it('names are told as people list them', () => {
  expect([either([]), either(['PNG']), either(['JPEG', 'PNG', 'GIF'])]).toEqual(['', 'PNG', 'JPEG, PNG or GIF']);
});

it('a full counter is told with its numbers', () => {
  const counter = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
  const over = { outcome: 'over_limit', counter, limitBytes: 10_485_760, usedBytes: 10_000_000, usedFiles: 3 } as const;
  expect(quotaExceeded(over, 1_048_576).message).toMatch(
    /full: 9.5 MiB of 10 MiB are used, and this needs 1 MiB\. Delete/,
  );
  expect(quotaExceeded({ ...over, usedBytes: 5, limitFiles: 3 }, 5).message).toMatch(/full: 3 of 3 files\./);
});
