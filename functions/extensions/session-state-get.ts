import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { sessionParams } from '#contracts/parameters.ts';
import { states } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: "What the bridge's `state.get` reads: an empty object until an extension backend has written something.",
  params: sessionParams,
  success: 200,
  answer: z.object({ state: z.unknown(), updatedAt: z.nullable(z.string()) }),
} satisfies Contract;

export const handler = serve('extensions/session-state-get', contract, async ({ caller }) => {
  return (await states().get(caller)) ?? { state: {}, updatedAt: null };
});
