import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { saysSomething, writtenFields } from '#contracts/organization-fields.ts';
import { parentAnswer } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { serveParentCreate } from '#runtime/serve-parents.ts';

export const contract = {
  tag: 'organizations',
  description:
    'An exercise comment with its pictures or videos. The uploads say which organization it is of; a text without any names it.',
  json: z.object(writtenFields).check(saysSomething()),
  success: 201,
  refuses: ['not_found'],
  answer: parentAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

export const handler = serveParentCreate('exercise-comments', contract);
