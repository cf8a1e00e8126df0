/** Partial batch responses, the same for queues and streams. */
import type { InvokeResult } from '../lambda/instance.ts';

/**
 * Identifiers that failed, of those given: all of them when the invocation failed or the response is not understood,
 * as Lambda treats it; none when the mapping does not report item failures.
 */
export function failedItems(result: InvokeResult, identifiers: string[], reportsFailures: boolean): Set<string> {
  const all = new Set(identifiers);
  if (!result.ok) return all;
  if (!reportsFailures) return new Set();
  const response = JSON.parse(result.payload) as { batchItemFailures?: { itemIdentifier?: unknown }[] | null } | null;
  const failures = typeof response === 'object' ? response?.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const failed = failures.map((failure) => failure?.itemIdentifier);
  const known = failed.every(
    (identifier): identifier is string => typeof identifier === 'string' && all.has(identifier),
  );
  return known ? new Set(failed as string[]) : all;
}
