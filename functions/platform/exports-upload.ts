import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { hasOneSize, jobParams, sizeFields, sizeOf, uploadId } from '#contracts/organization-fields.ts';
import { exportAnswer, exportView, presignView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { completeExport, presignExport } from '#core/organizations/export-uploads.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description:
    'For a CSV of more than 4 MB: presigns its upload from a size, or makes what was PUT the CSV of the job from the `uploadId`.',
  params: jobParams,
  json: z.union([z.strictObject({ uploadId }), z.object(sizeFields).check(hasOneSize())]),
  success: 201,
  answer: z.union([z.object({ export: exportAnswer }), presignAnswer]),
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Exports". */
export const handler = serve('platform/exports-upload', contract, async (request) => {
  const { caller, params, json } = request;
  const deps = organizationDeps();
  // An upload becomes the job's CSV once, so this is repeated without a key as well.
  if ('uploadId' in json)
    return { export: exportView(params.jobId, await completeExport(deps, { ...params, ...json })) };
  const job = { ...params, subject: caller.subject ?? 'platform', sizeBytes: sizeOf(json) };
  const claim = claimOf('platform/exports-upload', request);
  return presignView(await presignExport({ ...deps, signer: signer() }, job, claim));
});
