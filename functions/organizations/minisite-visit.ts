import type { Contract } from '#contracts/contract.ts';
import { organizationParams } from '#contracts/organization-fields.ts';
import { visitorAnswer, visitorView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { pageCacheSeconds, visitMinisite } from '#core/organizations/minisite.ts';
import { organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description: 'Public: a page that was published with `public`, and its assets. Caches may keep it for a minute.',
  params: organizationParams,
  success: 200,
  answer: visitorAnswer,
  cacheSeconds: pageCacheSeconds,
  wording: organizationWording,
} satisfies Contract;

/** docs/contract.md, "Minisite". */
export const handler = serve('organizations/minisite-visit', contract, async ({ params }) =>
  visitorView(await visitMinisite({ organizations: organizationReader() }, params), signer()),
);
