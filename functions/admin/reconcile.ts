import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { reconcileAnswer } from '#contracts/reconcile-view.ts';
import { auditEntry } from '#core/files/audit.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { auditLog } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { reconcileDeps } from '#runtime/container-reconcile.ts';
import { logReport } from '#runtime/log-report.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'What drifted and what was repaired; with `cursor` in the answer there is more to look at. What a dry run says it would be stopped by is done with its `confirm`.',
  json: z.strictObject({
    dryRun: z.boolean(),
    cursor: z.optional(z.string().check(z.maxLength(2000))),
    confirm: z.optional(z.string().check(z.maxLength(100))),
  }),
  success: 200,
  answer: reconcileAnswer,
  refuses: ['reconcile_running', 'reconcile_refused'],
} satisfies Contract;

/** Of the 29 seconds a request may take; the rest is for the page it is at. */
const budgetMs = 15_000;

export const handler = serve('admin/reconcile', contract, async ({ caller, json }) => {
  const { dryRun, cursor, confirm } = json;
  if (!dryRun) {
    const details = { goesOn: cursor !== undefined, confirmed: confirm !== undefined };
    await auditLog().note(auditEntry(authorOf(caller), { action: 'reconcile.run', details }));
  }
  const report = await reconcile(reconcileDeps(), { ...json, budgetMs, everyObject: true });
  if (!dryRun) logReport(report);
  return report;
});
