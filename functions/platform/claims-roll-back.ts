import * as z from 'zod/mini';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import type { Contract } from '#http/contract.ts';
import { claims, clock } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { params: z.object({ claimId: z.string() }), success: 204 } satisfies Contract;

/** Called by the platform when the lock or template could not be saved after its files were claimed. */
export const handler = serve('platform/claims-roll-back', contract, async ({ params: { claimId } }) => {
  await rollBackClaim({ claims: claims(), clock }, claimId);
});
