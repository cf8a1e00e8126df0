import type { Contract } from '#contracts/contract.ts';
import { deadLetterParams, deadMessagesAnswer, deadMessagesView } from '#contracts/dead-letters-view.ts';
import { lookAtDeadLetters } from '#core/operations/dead-letters.ts';
import { deadLetters } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Ten messages at most, the first 4,096 characters of each. Looking takes none away and hides none; of many it is a sample.',
  params: deadLetterParams,
  success: 200,
  answer: deadMessagesAnswer,
} satisfies Contract;

export const handler = serve('admin/dead-letters-look', contract, async ({ params: { queue } }) =>
  deadMessagesView(await lookAtDeadLetters({ deadLetters: deadLetters() }, queue)),
);
