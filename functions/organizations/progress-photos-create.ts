import * as z from 'zod/mini';
import { createParent } from '#core/organizations/parents.ts';
import type { Contract } from '#http/contract.ts';
import { note, uploadIds } from '#http/organization-fields.ts';
import { parentAnswer, parentView } from '#http/organization-views.ts';
import { clock, objects, organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: z.object({
    uploadIds,
    takenAt: z.optional(
      z.union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a date or a time with its zone'),
    ),
    note: z.optional(note),
  }),
  success: 201,
  answer: parentAnswer,
} satisfies Contract;

/** Progress photos (docs/contract.md, "Parent rows"). The uploads say which organization it is of. */
export const handler = serve('organizations/progress-photos-create', contract, async ({ caller, json }) => {
  const deps = { organizations: organizations(), objects: objects(), clock };
  const { uploadIds: ids, ...fields } = json;
  const parent = await createParent(deps, { kind: 'progress_photo', userId: caller.userId, uploadIds: ids, fields });
  return await parentView(parent, signer());
});
