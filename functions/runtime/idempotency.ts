import type { IdempotencyClaim } from '#core/files/store.ts';
import type { EndpointName } from '#functions/routes.ts';
import { idempotencyOf } from '#http/idempotency.ts';

/** What is told apart by: who asks, for what, with which body. */
interface Asked {
  caller: unknown;
  params?: unknown;
  json?: unknown;
  headers: Record<string, string | undefined>;
}

/**
 * The claim of a request's Idempotency-Key: nobody meets another caller's, nor that of another path, and the content is the
 * body. Undefined without a key. Throws what `idempotencyOf` throws.
 */
export function claimOf(name: EndpointName, { caller, params, json, headers }: Asked): IdempotencyClaim | undefined {
  const scope = [name, JSON.stringify(caller ?? null), JSON.stringify(params ?? null)];
  return idempotencyOf(headers, scope, { fields: { json } });
}
