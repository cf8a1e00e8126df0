import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { madeId } from '#contracts/parameters.ts';
import { objectOf } from '#core/files/record.ts';
import { findScannable } from '#core/files/scan.ts';
import { fileReader, objects, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

/** Life of a scanner's link, seconds (docs/contract.md, "Scans"). */
const linkSeconds = 300;

export const contract = {
  tag: 'platform',
  description: 'What a scanner needs of a file: its facts, and a link of 300 seconds to the bytes that the ETag names.',
  params: z.object({ fileId: madeId }),
  success: 200,
  answer: z.object({
    fileId: z.string(),
    sizeBytes: z.number(),
    mimeType: z.string(),
    etag: z.string(),
    url: z.string(),
    urlExpiresAt: z.string(),
  }),
  refuses: ['file_not_found'],
} satisfies Contract;

/** docs/contract.md, "Scans". */
export const handler = serve('platform/scans-get', contract, async ({ params: { fileId } }) => {
  const { file, head } = await findScannable({ files: fileReader(), objects: objects() }, fileId);
  const { url, expiresAt } = await signer().presignGet(objectOf(file), {
    expiresInSeconds: linkSeconds,
    mode: 'fresh',
  });
  const { mimeType } = file;
  return { fileId, sizeBytes: head.sizeBytes, mimeType, etag: head.etag, url, urlExpiresAt: expiresAt.toISOString() };
});
