import * as z from 'zod/mini';
import { createParent } from '#core/organizations/parents.ts';
import type { Contract } from '#http/contract.ts';
import { note, uploadIds } from '#http/organization-fields.ts';
import { parentAnswer, parentView } from '#http/organization-views.ts';
import { clock, objects, organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: z.object({ uploadIds, text: note }),
  success: 201,
  answer: parentAnswer,
} satisfies Contract;

/**
 * An exercise comment with its pictures or videos (docs/contract.md, "Parent rows"). The uploads say which organization
 * it is of.
 */
export const handler = serve('organizations/exercise-comments-create', contract, async ({ caller, json }) => {
  const deps = { organizations: organizations(), objects: objects(), clock };
  const { uploadIds: ids, ...fields } = json;
  const parent = await createParent(deps, { kind: 'exercise_comment', userId: caller.userId, uploadIds: ids, fields });
  return await parentView(parent, signer());
});
