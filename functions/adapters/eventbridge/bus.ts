/** An EventBridge bus. Region, credentials and endpoint come from the SDK's standard environment. */
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { StowageEvent } from '#core/events/event.ts';
import type { EventSink } from '#core/events/ports.ts';
import { createTimedHandler } from '../aws/timed-handler.ts';

export interface BusOptions {
  busName: string;
  /** Milliseconds the caller has left for calls; infinite when left out. */
  remainingMs?: (() => number) | undefined;
}

const attemptMs = 3_000;
const maxAttempts = 3;

/**
 * Puts events on a bus. Each is its whole envelope as `detail`, since EventBridge gives every entry an id of its own, and
 * another when it is put again. A call that fails as a whole is an error: every entry may or may not be there.
 * Source: EventBridge API reference, PutEvents ("FailedEntryCount").
 */
export function createBus({ busName, remainingMs }: BusOptions): EventSink {
  const client = new EventBridgeClient({
    maxAttempts,
    requestHandler: createTimedHandler({ attemptMs, remainingMs }),
  });
  return {
    async send(events) {
      const { Entries = [] } = await client.send(
        new PutEventsCommand({ Entries: events.map((event) => entryOf(event, busName)) }),
      );
      return new Set(events.filter((_, index) => Entries[index]?.EventId === undefined).map(({ id }) => id));
    },
  };
}

function entryOf(event: StowageEvent, EventBusName: string): PutEventsRequestEntry {
  const { type: DetailType, source: Source, time } = event;
  return { EventBusName, Source, DetailType, Time: new Date(time), Detail: JSON.stringify(event) };
}
