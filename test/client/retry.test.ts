import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ErrorCode, StowageError } from '../../client/src/errors.ts';
import { type RetryOptions, withRetry } from '../../client/src/retry.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const failure = (code: ErrorCode, facts = {}) => new StowageError(code, code, facts);
const lost = failure('network_error');
const stalled = failure('network_error', { cause: new DOMException('', 'TimeoutError') });
const busy = failure('temporarily_unavailable', { status: 503 });

/** Tries until the outage is over; the tries it took, or the error it ended with. */
async function outage(ms: number, error: StowageError, options: RetryOptions = {}): Promise<number | StowageError> {
  const until = Date.now() + ms;
  let tries = 0;
  const run = async () => {
    tries += 1;
    if (Date.now() < until) throw error;
    return tries;
  };
  const outcome = withRetry(run, options).catch((thrown: StowageError) => thrown);
  await vi.runAllTimersAsync();
  return await outcome;
}

describe('a lost connection', () => {
  test.each([0, 0.5, 0.999])('of 14 seconds is survived whatever the dice say (%d)', async (dice) => {
    vi.spyOn(Math, 'random').mockReturnValue(dice);
    for (const ms of [500, 1000, 2000, 4000, 8000, 14_000]) expect(await outage(ms, lost)).toBeLessThanOrEqual(8);
  });

  test('that does not come back is told after eight tries', async () => {
    expect(await outage(1e9, lost)).toBe(lost);
  });

  test('is waited out while the API says that an earlier try still goes on', async () => {
    const going = failure('request_in_progress', { status: 409, retryAfterSeconds: 2 });
    expect(await outage(14_000, going)).toBeLessThanOrEqual(8);
  });

  test.each([
    [{ attempts: 1 }, 1],
    [{ attempts: 2 }, 4],
    [{ networkAttempts: 3 }, 3],
  ])('is tried as often as %o says', async (options, most) => {
    const run = vi.fn(() => Promise.reject(lost));
    const outcome = expect(withRetry(run, options)).rejects.toBe(lost);
    await vi.runAllTimersAsync();
    await outcome;
    expect(run).toHaveBeenCalledTimes(most);
  });
});

test.each([
  ['a failing server', busy],
  ['a stall, which took long already', stalled],
])('%s is tried four times and no more', async (_, error) => {
  const run = vi.fn(() => Promise.reject(error));
  const outcome = expect(withRetry(run, {})).rejects.toBe(error);
  await vi.runAllTimersAsync();
  await outcome;
  expect(run).toHaveBeenCalledTimes(4);
});

test('many clients do not come back at once', async () => {
  vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.999);
  const came: number[] = [];
  const start = Date.now();
  const client = () => {
    let tries = 0;
    return withRetry(async () => {
      tries += 1;
      if (tries === 1) throw busy;
      came.push(Date.now() - start);
    }, {});
  };
  const all = Promise.all([client(), client()]);
  await vi.runAllTimersAsync();
  await all;
  expect(came).toEqual([200, expect.closeTo(400, -1)]);
});
