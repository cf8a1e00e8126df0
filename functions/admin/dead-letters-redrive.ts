import type { Contract } from '#contracts/contract.ts';
import { deadLetterParams, moveTaskAnswer, moveTaskView } from '#contracts/dead-letters-view.ts';
import { redriveDeadLetters } from '#core/operations/dead-letters.ts';
import { auditLog, deadLetters } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Sends all messages back to the queue they failed in, where each may run again: mend the cause first. Answers the move that is under way, one at a time; the list tells how far it is.',
  params: deadLetterParams,
  success: 202,
  answer: moveTaskAnswer,
} satisfies Contract;

export const handler = serve('admin/dead-letters-redrive', contract, async ({ caller, params: { queue } }) => {
  const deps = { deadLetters: deadLetters(), audit: auditLog() };
  return moveTaskView(await redriveDeadLetters(deps, { name: queue, author: authorOf(caller) }));
});
