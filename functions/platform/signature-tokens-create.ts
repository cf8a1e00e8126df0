import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { identifier } from '#contracts/parameters.ts';
import { createSignatureToken } from '#core/organizations/signatures.ts';
import { clock, organizations } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

/** A link sent by mail is opened within a day; a week is the most (seconds). */
const defaultSeconds = 86_400;
const maxSeconds = 604_800;

export const contract = {
  tag: 'platform',
  description:
    'The only answer that ever holds the token; what is stored is its hash. A repeat with the same Idempotency-Key gets another token in its place.',
  params: z.object({ orgId: identifier, formId: identifier }),
  json: z.optional(
    z.strictObject({ expiresInSeconds: z.optional(z.int().check(z.minimum(60), z.maximum(maxSeconds))) }),
  ),
  success: 201,
  answer: z.object({ token: z.string(), expiresAt: z.string() }),
  idempotent: true,
} satisfies Contract;

export const handler = serve('platform/signature-tokens-create', contract, async (request) => {
  const { params, json } = request;
  const expiresInSeconds = json?.expiresInSeconds ?? defaultSeconds;
  const deps = { organizations: organizations(), clock };
  const claim = claimOf('platform/signature-tokens-create', request);
  const made = await createSignatureToken(deps, { ...params, expiresInSeconds }, claim);
  return { token: made.token, expiresAt: made.expiresAt.toISOString() };
});
