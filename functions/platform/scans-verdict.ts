import * as z from 'zod/mini';
import { checked } from '#contracts/checked.ts';
import type { Contract } from '#contracts/contract.ts';
import { madeId } from '#contracts/parameters.ts';
import { applyVerdict } from '#core/files/scan.ts';
import { clock, files, objects, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

const word = checked(z.string(), z.minLength(1), z.maxLength(200));
const verdict = z.enum(['clean', 'infected']);

export const contract = {
  tag: 'platform',
  description:
    'Lets a file out of quarantine, or deletes it. Answers the verdict that holds; the same again changes nothing.',
  params: z.object({ fileId: madeId }),
  json: z.strictObject({ verdict, engine: word, signature: z.optional(word), etag: word }),
  success: 200,
  answer: z.object({ fileId: z.string(), verdict }),
  refuses: ['file_not_found'],
} satisfies Contract;

/** docs/contract.md, "Scans". */
export const handler = serve('platform/scans-verdict', contract, async ({ params: { fileId }, json }) => {
  const deps = { files: files(), objects: objects(), clock, scheduleDelete: scheduleDelete() };
  const { signature, ...given } = json;
  const scanned = { ...given, ...(signature !== undefined && { signature }) };
  return { fileId, verdict: await applyVerdict(deps, fileId, scanned) };
});
