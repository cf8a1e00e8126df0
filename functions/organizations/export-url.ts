import * as z from 'zod/mini';
import { exportUrl } from '#core/organizations/exports.ts';
import { type Contract, identifier } from '#http/contract.ts';
import { organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: z.object({ orgId: identifier, jobId: identifier }),
  success: 200,
  answer: z.object({ url: z.string(), expiresAt: z.string() }),
} satisfies Contract;

/** A fresh download for a member (docs/contract.md, "Exports"); it works for 60 seconds. */
export const handler = serve('organizations/export-url', contract, async ({ caller, params }) => {
  const deps = { organizations: organizations(), signer: signer() };
  const { url, expiresAt } = await exportUrl(deps, { ...params, userId: caller.userId });
  return { url, expiresAt: expiresAt.toISOString() };
});
