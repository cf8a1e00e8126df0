import * as z from 'zod/mini';
import { type Health, healthStates } from '#core/reconcile/health.ts';

const text = z.string();

/** What a stage sees of itself; see `HealthCheck`. Where it looks is told too, so that others can look there themselves. */
export const healthAnswer = z.object({
  at: text,
  healthy: z.boolean(),
  checks: z.array(z.object({ name: text, state: z.enum(healthStates), code: z.optional(text), message: text })),
  tokens: z.object({ issuer: text, audience: text, jwksUrl: text }),
  r2: z.optional(
    z.object({
      endpoint: text,
      secretName: text,
      bucket: text,
      publicBucket: z.nullable(text),
      complianceBucket: z.nullable(text),
      publicBaseUrl: z.nullable(text),
    }),
  ),
});

export type HealthView = z.output<typeof healthAnswer>;

/** The answer: what was found, beside where the stage was told to look. */
export const healthView = ({ at, healthy, checks }: Health, where: Pick<HealthView, 'tokens' | 'r2'>): HealthView => ({
  at: at.toISOString(),
  healthy,
  checks,
  ...where,
});
