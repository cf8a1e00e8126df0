import * as z from 'zod/mini';
import { envNames } from './env-names.ts';

const text = z.string().check(z.minLength(1));
const optional = z.optional(text);

/** Every variable a function may have; which ones it has follows from its row in the route table. */
const schema = z.object({
  [envNames.tableName]: optional,
  [envNames.cleanupQueueUrl]: optional,
  [envNames.lifecycleQueueUrl]: optional,
  [envNames.r2Endpoint]: optional,
  [envNames.r2Bucket]: optional,
  [envNames.r2PublicBucket]: optional,
  [envNames.r2ComplianceBucket]: optional,
  [envNames.r2SecretId]: optional,
  [envNames.r2CredentialSeconds]: z.optional(z.coerce.number().check(z.minimum(1), z.maximum(300))),
  [envNames.publicBaseUrl]: optional,
  [envNames.jwksUrl]: optional,
  [envNames.tokenIssuer]: optional,
  [envNames.tokenAudience]: optional,
  [envNames.cacheSeconds]: z.optional(z.coerce.number().check(z.minimum(0), z.maximum(5))),
  [envNames.orphanGraceDays]: z.optional(z.coerce.number().check(z.minimum(0))),
  [envNames.reconcilePassHours]: z.optional(z.coerce.number().check(z.minimum(0))),
  [envNames.eventBusName]: optional,
  [envNames.eventSource]: optional,
  [envNames.webhookQueues]: optional,
  [envNames.webhooks]: optional,
  [envNames.webhookLoopback]: optional,
  [envNames.deadLetters]: optional,
  [envNames.scanQueueUrl]: optional,
  [envNames.scanTimeoutMinutes]: z.optional(z.coerce.number().check(z.minimum(1))),
  [envNames.scanOnTimeout]: z.optional(z.enum(['release', 'reject'])),
  [envNames.metricsService]: optional,
});

export type Env = z.output<typeof schema>;

let parsed: Env | undefined;

/** The environment, parsed once and only when first asked for: importing a module reads nothing. */
export function env(): Env {
  parsed ??= z.parse(schema, process.env);
  return parsed;
}

/** A variable this function cannot work without. Its absence is a mistake of the route table, and says so. */
export function required<K extends keyof Env>(name: K): NonNullable<Env[K]> {
  const value = env()[name];
  if (value === undefined || value === null) {
    throw new Error(`${String(name)} is not set: the function's row in functions/routes.ts does not ask for it`);
  }
  return value as NonNullable<Env[K]>;
}

/** Whether the deploy settings name a bucket. Without one every file endpoint answers 503. */
export function isStorageConfigured(): boolean {
  return env()[envNames.r2Endpoint] !== undefined && env()[envNames.r2Bucket] !== undefined;
}
