import * as z from 'zod/mini';
import type { Contract } from '#http/contract.ts';
import { states } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  success: 200,
  answer: z.object({ state: z.unknown(), updatedAt: z.nullable(z.string()) }),
} satisfies Contract;

/** What the bridge's `state.get` reads: an empty object until an extension backend has written something. */
export const handler = serve('extensions/session-state-get', contract, async ({ caller }) => {
  return (await states().get(caller)) ?? { state: {}, updatedAt: null };
});
