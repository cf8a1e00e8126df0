import type { Contract } from '#contracts/contract.ts';
import { parentsQuery } from '#contracts/organization-fields.ts';
import { parentsAnswer } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { serveParentList } from '#runtime/serve-parents.ts';

export const contract = {
  tag: 'organizations',
  description:
    "The caller's own messages, newest first, of one organization when asked. The platform names the user, for a coach or whoever else may see them.",
  query: parentsQuery,
  success: 200,
  answer: parentsAnswer,
  wording: organizationWording,
} satisfies Contract;

export const handler = serveParentList('messages', contract);
