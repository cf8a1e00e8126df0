import type { Contract } from '#contracts/contract.ts';
import { deadLettersAnswer, deadLettersView } from '#contracts/dead-letters-view.ts';
import { listDeadLetters } from '#core/operations/dead-letters.ts';
import { deadLetters } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Every queue of what failed for good, empty ones too: about how much lies in it, whether it can be redriven, and its last redrive.',
  success: 200,
  answer: deadLettersAnswer,
} satisfies Contract;

export const handler = serve('admin/dead-letters-list', contract, async () =>
  deadLettersView(await listDeadLetters({ deadLetters: deadLetters() })),
);
