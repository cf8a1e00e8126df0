import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServiceMetric } from '#functions/metric-names.ts';

/** What every invocation carries along, however deep its calls are. */
export interface Invocation {
  /** The moment its calls must end at, epoch milliseconds. */
  endsAt: number;
  /** On every log line: Lambda's request id, and the gateway's where a request came through it. */
  ids: { awsRequestId?: string; requestId?: string };
  /** Sums of what was measured so far. */
  sums: Map<ServiceMetric, number>;
  /** The refusal it was answered with. */
  refusal?: string;
}

const current = new AsyncLocalStorage<Invocation>();

/**
 * Runs a handler as one invocation. What it leaves running after its answer stays with it, also when Lambda thaws that in
 * the middle of a later invocation.
 */
export function runInvocation<T>(invocation: Invocation, run: () => Promise<T>): Promise<T> {
  return current.run(invocation, run);
}

/** Milliseconds the running invocation has left for calls, negative when they should have ended; infinite outside of one. */
export function remainingMs(): number {
  return (current.getStore()?.endsAt ?? Number.POSITIVE_INFINITY) - Date.now();
}

/** By which a log line is found; none outside of an invocation. */
export function invocationIds(): Invocation['ids'] {
  return current.getStore()?.ids ?? {};
}

/** Adds to what the running invocation tells when it ends; nothing outside of one. */
export function measure(name: ServiceMetric, value = 1): void {
  const sums = current.getStore()?.sums;
  sums?.set(name, (sums.get(name) ?? 0) + value);
}

/** Notes with which code the running request is refused. */
export function measureRefusal(code: string): void {
  const invocation = current.getStore();
  if (invocation) invocation.refusal = code;
}
