import { AppError } from '#core/files/errors.ts';
import type { Usage } from '#core/files/record.ts';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';
import { backOff } from './back-off.ts';
import type { Table } from './client.ts';
import { putRight, type SliceLimit, type Target } from './slice-repairs.ts';
import { borrow, type Loan, noLoan, readSlices, type Slice, sumOf } from './slices.ts';

export const isSliceLimit = (limit: CounterLimit): limit is SliceLimit => limit.counter.kind === 'app';

type Refused = OverLimit | { outcome: 'owner_deleted' };
type Room = { outcome: 'room'; loan: Loan } | Refused;

/** Looks at the slices, and puts right what is in the way, so often before others are asked to come again. */
const maxTurns = 40;
const pauses = { baseMs: 5, longestMs: 200 };

/** A sum that others keep changing is believed after so many readings that all say "full". */
const fullReadings = 4;

/**
 * Takes a step that counts in a slice, and when that is refused there, looks for room in all of them: the step is taken
 * again with what others lend, and an app is refused only when its slices together have no room. Throws
 * `temporarily_unavailable` when others stay in the way.
 */
export async function withLoan<R extends { outcome: string }>(
  table: Table,
  limit: SliceLimit | undefined,
  bytes: number,
  step: (loan: Loan) => Promise<R | { outcome: 'slice_full' }>,
): Promise<R | Refused> {
  let loan = noLoan;
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const result = await step(loan);
    if (limit === undefined || !isSliceFull(result)) return result as R;
    const room = await findRoom(table, limit, bytes);
    if (room.outcome !== 'room') return room;
    loan = room.loan;
    if (turn > 1) await pause(table, turn);
  }
  throw busy();
}

const isSliceFull = (result: { outcome: string }): result is { outcome: 'slice_full' } =>
  result.outcome === 'slice_full';

const busy = () =>
  new AppError('temporarily_unavailable', 'Many uploads to this extension meet right now. Try again shortly.', {
    retryAfterSeconds: 1,
  });

async function pause(table: Table, turn: number): Promise<void> {
  if (!(await backOff(Math.min(turn, 6), pauses, table))) throw busy();
}

/**
 * Room for `bytes` in the slice that is to count them, lent by others where it has too little of its own. What is not as
 * it should be is put right on the way: slices that were never written or stand at an older limit, and debts.
 */
async function findRoom(table: Table, asked: SliceLimit, bytes: number): Promise<Room> {
  let last = '';
  let readings = 0;
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const slices = await readSlices(table, asked.counter.appId);
    if (slices.some(({ closed }) => closed)) return { outcome: 'owner_deleted' };
    const limit = newest(asked, slices);
    const { usedBytes, fileCount } = sumOf(slices);
    if (usedBytes + bytes > limit.limitBytes) {
      readings += 1;
      const reading = JSON.stringify(slices.map(({ slice, usedBytes }) => [slice, usedBytes]));
      // Slices are read one after the other. Twice the same is what they were at one moment between.
      if (reading === last || readings >= fullReadings) {
        const { counter, limitBytes } = limit;
        return { outcome: 'over_limit', counter, limitBytes, usedBytes, usedFiles: fileCount };
      }
      last = reading;
      continue;
    }
    readings = 0;
    const changed = await putRight(table, limit, slices, turn);
    if (!changed) return { outcome: 'room', loan: loanFor(asked.counter.slice, bytes, slices) };
    if (turn > 1) await pause(table, turn);
  }
  throw busy();
}

/**
 * Brings an app's slices to a limit, ahead of the uploads that would do it. What the app uses; nothing else is done where
 * it is closed. Throws `temporarily_unavailable` when others stay in the way.
 */
export async function applyLimit(table: Table, asked: SliceLimit): Promise<Usage> {
  for (let turn = 1; turn <= maxTurns; turn += 1) {
    const slices = await readSlices(table, asked.counter.appId);
    const closed = slices.some((slice) => slice.closed);
    if (closed || !(await putRight(table, newest(asked, slices), slices, turn))) return sumOf(slices);
    if (turn > 1) await pause(table, turn);
  }
  throw busy();
}

/** Another instance may have heard of a limit that this one will read in a few seconds. */
function newest(asked: SliceLimit, slices: Slice[]): Target {
  const latest = {
    ...asked,
    counter: { kind: 'app' as const, appId: asked.counter.appId },
    revision: asked.revision ?? 0,
  };
  for (const { limit } of slices) {
    if (limit === undefined || limit.revision <= latest.revision) continue;
    latest.revision = limit.revision;
    latest.limitBytes = limit.bytes;
  }
  return latest;
}

/**
 * What a slice needs beside what it has, and half of what lies about besides: whoever comes next finds room in few
 * slices. From the richest if that one has enough, else gathered from as many as it takes.
 */
function loanFor(slice: number | undefined, bytes: number, slices: Slice[]): Loan {
  const own = slices.find((one) => one.slice === slice)?.freeBytes ?? 0;
  if (own >= bytes) return noLoan;
  const others = slices.filter((one) => one.slice !== slice);
  const needed = bytes - own;
  const free = others.map(({ freeBytes }) => Math.max(0, freeBytes));
  const richest = Math.max(...free);
  const source = richest >= needed ? richest : free.reduce((sum, one) => sum + one, 0);
  return borrow(Math.max(needed, Math.floor(source / 2)), others) ?? noLoan;
}
