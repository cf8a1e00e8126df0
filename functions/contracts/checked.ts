import type * as z from 'zod/mini';

type Check<T extends z.ZodMiniType> = Parameters<T['check']>[number];

/**
 * `schema.check(...checks)` as a call of its own. A bundler takes calls for without effect when it is told, but never
 * methods of what they give, and would keep every schema of a module in each function that needs one of them.
 */
export function checked<T extends z.ZodMiniType>(schema: T, ...checks: Check<T>[]): T {
  return schema.check(...checks) as T;
}
