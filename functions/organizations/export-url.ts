import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { jobParams } from '#contracts/organization-fields.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { exportUrl } from '#core/organizations/exports.ts';
import { organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description: 'A fresh download for a member or for the platform; it works for 60 seconds.',
  params: jobParams,
  success: 200,
  answer: z.object({ url: z.string(), expiresAt: z.string() }),
  wording: organizationWording,
} satisfies Contract;

/** docs/contract.md, "Exports". */
export const handler = serve('organizations/export-url', contract, async ({ caller, params }) => {
  const deps = { organizations: organizationReader(), signer: signer() };
  const { url, expiresAt } = await exportUrl(deps, {
    ...params,
    userId: 'userId' in caller ? caller.userId : undefined,
  });
  return { url, expiresAt: expiresAt.toISOString() };
});
