/**
 * Stands in for the SDK's event streams in bundles. Only S3 Select and its like speak them, which nothing here calls
 * and R2 has not; the codec is 15 kB that every function with a client would load at every cold start.
 */
export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;

export function eventStreamSerdeProvider(): never {
  throw new Error('Event streams are left out of the bundles (lib/no-event-streams.ts)');
}

export class EventStreamSerde {
  constructor() {
    eventStreamSerdeProvider();
  }
}
