import { describe, expect, test } from 'vitest';
import type { Change, StowageEvent } from '#core/events/event.ts';
import type { EventSink } from '#core/events/ports.ts';
import { tellChanges } from '#core/events/tell.ts';
import type { FileRecord } from '#core/files/record.ts';
import { sessionFile } from '#test/support/records.ts';

const ready = (file: FileRecord): Change => ({ from: file, to: { ...file, state: 'ready', rev: 2 } });
const deleted = (file: FileRecord): Change => ({
  from: { ...file, state: 'ready', rev: 2 },
  to: { ...file, state: 'deleting', rev: 3 },
});

/** Takes everything but what `refuses` says, told of each call. */
function sink(refuses: (event: StowageEvent, call: number) => boolean = () => false) {
  const calls: StowageEvent[][] = [];
  const taken: string[] = [];
  const target: EventSink = {
    async send(events) {
      calls.push(events);
      const refused = events.filter((event) => refuses(event, calls.length));
      taken.push(...events.filter((event) => !refused.includes(event)).map(({ id }) => id));
      return new Set(refused.map(({ id }) => id));
    },
  };
  return { target, calls, taken };
}

const deps = (...sinks: { target: EventSink }[]) => ({
  source: 'stowage.test',
  sinks: sinks.map(({ target }) => target),
  wait: async () => undefined,
});

describe('changes', () => {
  test('are told in their order, ten together at most', async () => {
    const files = Array.from({ length: 23 }, () => sessionFile());
    const bus = sink();
    const { events, untold } = await tellChanges(deps(bus), files.map(ready));
    expect(untold).toBeUndefined();
    expect(bus.calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(bus.taken).toEqual(events.map(({ id }) => id));
    expect(events.map(({ data }) => data.fileId)).toEqual(files.map(({ id }) => id));
  });

  test('that nobody takes end the run before its time does', async () => {
    const bus = sink(() => true);
    const pauses: number[] = [];
    const given = { ...deps(bus), wait: async (ms: number) => void pauses.push(ms), remainingMs: () => 450 };
    expect((await tellChanges(given, [ready(sessionFile())])).untold).toMatchObject({ from: 0 });
    // The third pause would be longer than what is left.
    expect(pauses).toEqual([100, 400]);
  });

  test('of one file are never on their way together, so that none overtakes another', async () => {
    const [a, b] = [sessionFile(), sessionFile()];
    const bus = sink();
    await tellChanges(deps(bus), [ready(a), ready(b), deleted(a), deleted(b)]);
    expect(bus.calls.map((events) => events.map(({ type }) => type))).toEqual([
      ['file.ready', 'file.ready'],
      ['file.deleted', 'file.deleted'],
    ]);
  });

  test('that mean nothing to listeners are told to nobody', async () => {
    const file = sessionFile();
    const bus = sink();
    expect(await tellChanges(deps(bus), [{ from: undefined, to: file }])).toEqual({ events: [] });
    expect(bus.calls).toEqual([]);
  });

  test('of which some were not taken are sent again, those and no other', async () => {
    const [a, b] = [sessionFile(), sessionFile()];
    const bus = sink(({ data }, call) => call === 1 && 'fileId' in data && data.fileId === a.id);
    const { untold } = await tellChanges(deps(bus), [ready(a), ready(b)]);
    expect(untold).toBeUndefined();
    expect(bus.calls.map(({ length }) => length)).toEqual([2, 1]);
    expect(new Set(bus.taken).size).toBe(2);
  });

  test('end where one is not taken at all: nothing after it is told before it comes again', async () => {
    const [a, b, c] = [sessionFile(), sessionFile(), sessionFile()];
    const bus = sink(({ data }) => 'fileId' in data && data.fileId === b.id);
    const { events, untold } = await tellChanges(deps(bus), [ready(a), ready(b), ready(c), deleted(a), deleted(c)]);
    expect(untold?.from).toBe(1);
    expect(events.map(({ data }) => data.fileId)).toEqual([a.id]);
    expect(bus.calls.flat().map(({ type }) => type)).not.toContain('file.deleted');
  });

  test('reach every sink, and one that fails holds up its own file everywhere and says why', async () => {
    const file = sessionFile();
    const failing = { target: { send: async () => Promise.reject(new Error('no such bus')) } };
    const queue = sink();
    const { untold } = await tellChanges(deps(failing, queue), [ready(file), deleted(file)]);
    expect(untold).toMatchObject({ from: 0, error: { message: 'no such bus' } });
    expect(queue.taken).toHaveLength(1);
  });
});
