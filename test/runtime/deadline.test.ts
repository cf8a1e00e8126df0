import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { remainingMs, withDeadline } from '#runtime/deadline.ts';

const left = (milliseconds: number) => ({ getRemainingTimeInMillis: () => milliseconds }) as unknown as Context;

describe('a request whose function has little time left', () => {
  it('leaves its calls less than it has, so that their failure can still be answered', async () => {
    const told = await withDeadline(async (_event: object, _context: Context) => remainingMs())({}, left(10_000));
    expect(told).toBeLessThanOrEqual(8_000);
    expect(told).toBeGreaterThan(7_000);
  });

  it('keeps its own end for what goes on after its answer, whatever runs beside it then', async () => {
    const { promise: later, resolve: goOn } = Promise.withResolvers<void>();
    let leftOver: Promise<number> | undefined;
    await withDeadline(async (_event: object, _context: Context) => {
      leftOver = later.then(remainingMs);
    })({}, left(2_000));
    await withDeadline(async (_event: object, _context: Context) => goOn())({}, left(29_000));
    expect(await leftOver).toBeLessThanOrEqual(0);
  });
});

describe('outside of a request', () => {
  it('there is no end', () => expect(remainingMs()).toBe(Number.POSITIVE_INFINITY));
});
