/** How often the services of this cloud were asked. */

/** Round trips since the start or the last reset, by operation. */
export interface RequestCounters {
  r2: Record<string, number>;
  dynamodb: Record<string, number>;
  sqs: Record<string, number>;
  reset(): void;
}

/** Counts from nothing. */
export function createCounters(): RequestCounters & {
  count(service: 'r2' | 'dynamodb' | 'sqs', operation: string): void;
} {
  const counters = {
    r2: {} as Record<string, number>,
    dynamodb: {} as Record<string, number>,
    sqs: {} as Record<string, number>,
    reset() {
      for (const service of ['r2', 'dynamodb', 'sqs'] as const) counters[service] = {};
    },
    count(service: 'r2' | 'dynamodb' | 'sqs', operation: string) {
      counters[service][operation] = (counters[service][operation] ?? 0) + 1;
    },
  };
  return counters;
}
