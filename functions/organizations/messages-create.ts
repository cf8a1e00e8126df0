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
 * A message with its pictures (docs/contract.md, "Parent rows"); the platform presigned them, their user sends them.
 * The uploads say which organization it is of.
 */
export const handler = serve('organizations/messages-create', contract, async ({ caller, json }) => {
  const deps = { organizations: organizations(), objects: objects(), clock };
  const { uploadIds: ids, ...fields } = json;
  const parent = await createParent(deps, { kind: 'message', userId: caller.userId, uploadIds: ids, fields });
  return await parentView(parent, signer());
});
