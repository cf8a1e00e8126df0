import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { workoutParams } from '#contracts/organization-fields.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { workoutMediaUrls } from '#core/organizations/workout-media.ts';
import { objects, organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

/** Media of one workout; more than this is no workout. */
const maxKeys = 100;

export const contract = {
  tag: 'organizations',
  description:
    "Links for the media references in a workout's body, in the order asked for. What is not in the bucket is in `missing`.",
  params: workoutParams,
  json: z.object({ keys: z.array(z.string()).check(z.minLength(1), z.maxLength(maxKeys)) }),
  success: 200,
  answer: z.object({
    urls: z.array(z.object({ key: z.string(), url: z.string(), urlExpiresAt: z.string() })),
    missing: z.array(z.string()),
  }),
  wording: organizationWording,
} satisfies Contract;

/** docs/contract.md, "Workout media". */
export const handler = serve('organizations/workout-media-urls', contract, async ({ caller, params, json }) => {
  const deps = { organizations: organizationReader(), objects: objects(), signer: signer() };
  const { links, missing } = await workoutMediaUrls(deps, { ...params, userId: caller.userId, keys: json.keys });
  const urls = links.map(({ key, url, expiresAt }) => ({ key, url, urlExpiresAt: expiresAt.toISOString() }));
  return { urls, missing };
});
