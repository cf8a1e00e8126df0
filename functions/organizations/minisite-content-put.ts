import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { areUnique, organizationParams, uploadId } from '#contracts/organization-fields.ts';
import { minisiteAnswer, minisiteView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { maxAssets, maxContentBytes, publishMinisite } from '#core/organizations/minisite.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

const isSmall = z.refine(
  (content) => Buffer.byteLength(JSON.stringify(content)) <= maxContentBytes,
  `must be at most ${maxContentBytes} bytes of JSON`,
);

export const contract = {
  tag: 'organizations',
  description:
    'Publishes a page and stores the keys of its assets; assets the page no longer names are deleted. With `public` visitors read it, too.',
  params: organizationParams,
  json: z.object({
    content: z.record(z.string(), z.unknown()).check(isSmall),
    assetUploadIds: z.optional(z.array(uploadId).check(z.maxLength(maxAssets), areUnique())),
    public: z.optional(z.boolean()),
  }),
  success: 200,
  answer: minisiteAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

export const handler = serve('organizations/minisite-content-put', contract, async (request) => {
  const { caller, params, json } = request;
  const row = await publishMinisite(organizationDeps(), {
    orgId: params.orgId,
    userId: caller.userId,
    content: JSON.stringify(json.content),
    assetUploadIds: json.assetUploadIds,
    isPublic: json.public,
    idempotency: claimOf('organizations/minisite-content-put', request),
  });
  return await minisiteView(row, signer());
});
