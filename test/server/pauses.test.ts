import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StowageError } from '../../server/src/index.ts';
import { repeated } from '../../server/src/retry.ts';

/** Longer than all pauses together. Not until no timer is left: others in this process may have theirs. */
const whole = () => vi.advanceTimersByTimeAsync(60_000);

describe('the pauses', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const { signal } = new AbortController();
  const lost = new StowageError('network_error', 'lost');

  test.each([0, 0.5, 0.999])('survive an outage of eight seconds whatever the dice say (%d)', async (dice) => {
    vi.spyOn(Math, 'random').mockReturnValue(dice);
    const until = Date.now() + 8000;
    const outcome = repeated(() => (Date.now() < until ? Promise.reject(lost) : Promise.resolve('up')), {
      retries: 6,
      signal,
    });
    await whole();
    expect(await outcome).toBe('up');
  });

  test.each([
    ['temporarily_unavailable', 503],
    ['unexpected_answer', 429],
    ['request_in_progress', 409],
  ] as const)('are as long as %s asks', async (code, status) => {
    const from = Date.now();
    const refused = new StowageError(code, code, { status, retryAfterSeconds: 20 });
    const run = vi
      .fn()
      .mockRejectedValueOnce(refused)
      .mockImplementation(async () => Date.now() - from);
    const outcome = repeated<number>(run, { retries: 1, signal });
    await whole();
    expect(await outcome).toBeGreaterThanOrEqual(20_000);
  });

  test.each([
    [{ status: 503, retryAfterSeconds: 31 }, 'temporarily_unavailable'],
    [{ status: 500 }, 'internal_error'],
    [{ status: 409 }, 'file_already_claimed'],
    [{ status: 403 }, 'upload_refused'],
  ] as const)('are not made for %o', async (facts, code) => {
    const run = vi.fn().mockRejectedValue(new StowageError(code, code, facts));
    await expect(repeated(run, { retries: 6, signal })).rejects.toMatchObject({ code });
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('end after as many tries as were allowed', async () => {
    const run = vi.fn().mockRejectedValue(lost);
    const outcome = expect(repeated(run, { retries: 2, signal })).rejects.toBe(lost);
    await whole();
    await outcome;
    expect(run).toHaveBeenCalledTimes(3);
  });
});
