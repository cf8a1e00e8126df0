import type { Contract } from '#contracts/contract.ts';
import { ownerQuery, rowParams } from '#contracts/organization-fields.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { serveParentDelete } from '#runtime/serve-parents.ts';

export const contract = {
  tag: 'organizations',
  description:
    'A message, for good: the message and its files are in no list any more, and the bytes follow through the cleanup queue. A user deletes their own, as an active member; the platform those of the user it names.',
  params: rowParams,
  query: ownerQuery,
  success: 204,
  wording: organizationWording,
} satisfies Contract;

export const handler = serveParentDelete('messages', contract);
