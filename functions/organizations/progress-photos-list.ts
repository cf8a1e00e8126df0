import type { Contract } from '#http/contract.ts';
import { defaultLimit, parentsQuery } from '#http/organization-fields.ts';
import { parentsAnswer, parentsView } from '#http/organization-views.ts';
import { organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { query: parentsQuery, success: 200, answer: parentsAnswer } satisfies Contract;

/** The caller's own progress photos, newest first, of one organization when asked. */
export const handler = serve('organizations/progress-photos-list', contract, async ({ caller, query }) => {
  const of = { kind: 'progress_photo', userId: caller.userId, orgId: query.organizationId } as const;
  const page = await organizations().listParents(of, { limit: query.limit ?? defaultLimit, cursor: query.cursor });
  return await parentsView(page, signer());
});
