import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { note, uploadIds } from '#contracts/organization-fields.ts';
import { parentAnswer } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { serveParentCreate } from '#runtime/serve-parents.ts';

export const contract = {
  tag: 'organizations',
  description: 'Progress photos. The uploads say which organization it is of.',
  json: z.object({
    uploadIds,
    takenAt: z.optional(
      z.union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be a date or a time with its zone'),
    ),
    note: z.optional(note),
  }),
  success: 201,
  refuses: ['not_found'],
  answer: parentAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

export const handler = serveParentCreate('progress-photos', contract);
