import type { Change, FileEvent, StowageEvent } from './event.ts';
import { eventOf } from './of-change.ts';
import { type EventSink, mostTogether } from './ports.ts';

export interface TellDeps {
  sinks: readonly EventSink[];
  /** `stowage.<stage>`, the `source` of every event. */
  source: string;
  /** Between two tries, milliseconds. */
  wait(ms: number): Promise<void>;
  /** What is left of the run, milliseconds; no pause is begun that is longer. Infinite when left out. */
  remainingMs?(): number;
}

/** Pauses before what was not taken is sent again in the same run; after them the stream brings it again. */
const pausesMs = [100, 400, 1_600];

export interface Told {
  events: FileEvent[];
  /** The first change of which not everybody has heard, it and all after it must come again; and why, where that is known. */
  untold?: { from: number; error: unknown };
}

/**
 * Tells every sink what the changes mean, in their order. Two events of one file are never on their way together, so that
 * none can overtake another. What is not taken after some tries ends the run: what follows may be of the same file.
 * Sinks hear of a change at least once, and of some twice.
 */
export async function tellChanges(deps: TellDeps, changes: Change[]): Promise<Told> {
  const found = changes.flatMap((change, index) => {
    const event = eventOf(change, deps.source);
    return event === undefined ? [] : [{ event, index }];
  });
  for (const group of groupsOf(found)) {
    const untold = await send(
      deps,
      group.map(({ event }) => event),
    );
    const first = group.find(({ event }) => untold.ids.has(event.id));
    if (first === undefined) continue;
    const before = found.filter(({ index }) => index < first.index).map(({ event }) => event);
    return { events: before, untold: { from: first.index, error: untold.error } };
  }
  return { events: found.map(({ event }) => event) };
}

/** What some sink did not take, and the last error that said so. */
export interface Untold {
  ids: ReadonlySet<string>;
  error: unknown;
}

/** Sends to every sink until all have taken everything, a few times. */
export async function send(deps: TellDeps, events: StowageEvent[]): Promise<Untold> {
  const untold = await Promise.all(deps.sinks.map((sink) => sendTo(sink, events, deps)));
  return {
    ids: new Set(untold.flatMap(({ ids }) => [...ids])),
    error: untold.find(({ error }) => error !== undefined)?.error,
  };
}

async function sendTo(sink: EventSink, events: StowageEvent[], { wait, remainingMs }: TellDeps): Promise<Untold> {
  let left = events;
  for (let tries = 0; ; tries += 1) {
    let error: unknown;
    try {
      const refused = await sink.send(left);
      left = left.filter(({ id }) => refused.has(id));
    } catch (thrown) {
      error = thrown;
    }
    const pause = pausesMs[tries];
    const isOver = pause === undefined || pause > (remainingMs?.() ?? Number.POSITIVE_INFINITY);
    if (left.length === 0 || isOver) return { ids: new Set(left.map(({ id }) => id)), error };
    await wait(pause);
  }
}

/** In order, as many as may go together, each of another file. */
function groupsOf<T extends { event: FileEvent }>(found: T[]): T[][] {
  const groups: T[][] = [];
  let files = new Set<string>();
  for (const each of found) {
    const last = groups.at(-1);
    const { fileId } = each.event.data;
    if (last === undefined || last.length === mostTogether || files.has(fileId)) {
      groups.push([each]);
      files = new Set([fileId]);
    } else {
      last.push(each);
      files.add(fileId);
    }
  }
  return groups;
}
