import * as z from 'zod/mini';
import { maxAssets, maxContentBytes, publishMinisite } from '#core/organizations/minisite.ts';
import type { Contract } from '#http/contract.ts';
import { areUnique, organizationParams } from '#http/organization-fields.ts';
import { minisiteAnswer, minisiteView } from '#http/organization-views.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

const isSmall = z.refine(
  (content) => Buffer.byteLength(JSON.stringify(content)) <= maxContentBytes,
  `must be at most ${maxContentBytes} bytes of JSON`,
);

export const contract = {
  params: organizationParams,
  json: z.object({
    content: z.record(z.string(), z.unknown()).check(isSmall),
    assetUploadIds: z.optional(z.array(z.string().check(z.maxLength(128))).check(z.maxLength(maxAssets), areUnique())),
  }),
  success: 200,
  answer: minisiteAnswer,
} satisfies Contract;

/** Publishes a page and stores the keys of its assets; assets the page no longer names are deleted. */
export const handler = serve('organizations/minisite-content-put', contract, async ({ caller, params, json }) => {
  const row = await publishMinisite(organizationDeps(), {
    orgId: params.orgId,
    userId: caller.userId,
    content: JSON.stringify(json.content),
    assetUploadIds: json.assetUploadIds,
  });
  return await minisiteView(row, signer());
});
