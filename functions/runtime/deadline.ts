import type { RouteGroup } from '#functions/routes.ts';
import { type Invocation, runInvocation } from './invocation.ts';
import { writeMetrics } from './metrics.ts';

export { remainingMs } from './invocation.ts';

/** Kept of an invocation's time for the answer: its last call must end this much earlier. Milliseconds. */
const answerMs = 2_000;

interface InvocationContext {
  awsRequestId?: string;
  getRemainingTimeInMillis?: () => number;
}

/**
 * A handler whose calls know how much of the function's time is left, whose log lines carry its ids, and which writes one
 * line of metrics when it ends, however it ends. What it leaves running after its answer keeps its own deadline.
 * @param group under which its latency is told
 */
export function withDeadline<Event, Context extends InvocationContext, Answer>(
  handler: (event: Event, context: Context) => Promise<Answer>,
  group: RouteGroup | 'workers' = 'workers',
) {
  return async (event: Event, context: Context): Promise<Answer> => {
    const left = context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    const invocation: Invocation = {
      endsAt: Date.now() + left - answerMs,
      ids: idsOf(event, context),
      sums: new Map(),
    };
    const started = performance.now();
    try {
      return await runInvocation(invocation, () => handler(event, context));
    } finally {
      writeMetrics(invocation, { group, latencyMs: performance.now() - started });
    }
  };
}

function idsOf(event: unknown, { awsRequestId }: InvocationContext): Invocation['ids'] {
  const { requestContext } = (event ?? {}) as { requestContext?: { requestId?: string } };
  return {
    ...(awsRequestId !== undefined && { awsRequestId }),
    ...(requestContext?.requestId !== undefined && { requestId: requestContext.requestId }),
  };
}
