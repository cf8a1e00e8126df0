import type { Contract } from '#contracts/contract.ts';
import { healthAnswer, healthView } from '#contracts/health-view.ts';
import { healthOf } from '#core/reconcile/health.ts';
import { healthDeps } from '#runtime/admin-container.ts';
import { cacheSeconds } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';
import { placesOfStage } from '#runtime/stage-places.ts';

export const contract = {
  tag: 'admin',
  description:
    'Reads the table, the secret and a list of each bucket, and changes nothing. What it finds is in the answer, which is 200 either way. An instance looks again after five seconds at the soonest.',
  success: 200,
  answer: healthAnswer,
} satisfies Contract;

let last: { view: ReturnType<typeof look>; at: number } | undefined;

async function look() {
  return healthView(await healthOf(healthDeps()), placesOfStage());
}

export const handler = serve('admin/health', contract, async ({ arrivedAt }) => {
  const now = arrivedAt.getTime();
  // However often somebody asks, the table's control plane and the secret are asked that seldom.
  if (last === undefined || now - last.at >= cacheSeconds() * 1000) last = { view: look(), at: now };
  const held = last;
  return await held.view.catch((error: unknown) => {
    if (last === held) last = undefined;
    throw error;
  });
});
