import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { sessionParams } from '#contracts/parameters.ts';
import { writeState } from '#core/extensions/session-state.ts';
import { clock, settings, states } from '#runtime/container.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: 'Replaces the session\'s state. The body is the state, or `{ "state": ... }` as GET answers it.',
  params: sessionParams,
  json: z.unknown(),
  success: 200,
  answer: z.object({ state: z.unknown(), updatedAt: z.string() }),
  idempotent: 'answered',
} satisfies Contract;

export const handler = serveOnce('extensions/session-state-put', contract, async ({ caller, json }) => {
  const { stateMaxBytes } = await settings().get(caller.appId);
  return await writeState({ states: states(), now: clock.now() }, caller, stateIn(json), stateMaxBytes);
});

function stateIn(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('state' in json)) return json;
  const isAnswer = Object.keys(json).every((name) => name === 'state' || name === 'updatedAt');
  return isAnswer ? json.state : json;
}
