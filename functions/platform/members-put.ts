import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { identifier } from '#contracts/parameters.ts';
import { clock, organizations } from '#runtime/container.ts';
import { serveOnce } from '#runtime/serve.ts';

const status = z.enum(['active', 'inactive']);

export const contract = {
  tag: 'platform',
  description:
    'What the platform says last holds at once: every use of a membership reads it, or makes it a condition of its write.',
  params: z.object({ orgId: identifier, userId: identifier }),
  json: z.strictObject({ status }),
  success: 200,
  answer: z.object({ organizationId: z.string(), userId: z.string(), status, updatedAt: z.string() }),
  idempotent: 'answered',
} satisfies Contract;

export const handler = serveOnce('platform/members-put', contract, async ({ params: { orgId, userId }, json }) => {
  const updatedAt = clock.now().toISOString();
  await organizations().putMember({ orgId, userId, status: json.status, updatedAt });
  return { organizationId: orgId, userId, status: json.status, updatedAt };
});
