import type { StowageEvent } from './event.ts';

/** Somewhere events go: a bus, or the queue of a webhook. */
export interface EventSink {
  /**
   * Takes up to {@link mostTogether} events of different files. Answers the ids of those it did not take, which must be
   * sent again; of an event it does not want nothing is answered. Where it rejects, it may have taken any of them.
   */
  send(events: StowageEvent[]): Promise<ReadonlySet<string>>;
}

/** Source: EventBridge API reference, PutEvents; SQS API reference, SendMessageBatch. */
export const mostTogether = 10;

/** Which crossing of an app's limit was told last. */
export interface QuotaMark {
  /** The threshold that the app is known to be above, percent; 0 below all. */
  threshold: number;
  /** Grows with every change of `threshold`. */
  turn: number;
}

/** What an app has used of its limit, and what was told of it. */
export interface QuotaState {
  usedBytes: number;
  limitBytes: number;
  mark: QuotaMark;
}

export interface QuotaStore {
  /** Strongly consistent. */
  read(appId: string): Promise<QuotaState>;
  /** Only where the mark is still `from`; false where somebody else moved it. */
  mark(appId: string, from: QuotaMark, threshold: number): Promise<boolean>;
}
