import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { madeId } from '#contracts/parameters.ts';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import { claims, clock } from '#runtime/container.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description: 'Called by the platform when the lock or template could not be saved after its files were claimed.',
  params: z.object({ claimId: madeId }),
  success: 204,
  idempotent: 'answered',
} satisfies Contract;

export const handler = serveOnce('platform/claims-roll-back', contract, async ({ params: { claimId } }) => {
  await rollBackClaim({ claims: claims(), clock }, claimId);
});
