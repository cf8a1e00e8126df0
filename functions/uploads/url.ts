import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { uploadParams } from '#contracts/upload-fields.ts';
import { enveloped, success } from '#contracts/upload-views.ts';
import { objectOf } from '#core/files/record.ts';
import { getLiveUpload } from '#core/uploads/own-uploads.ts';
import { clock, fileReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

/** Life of a download link, seconds (docs/contract.md, "Download link"). */
const linkSeconds = 300;

export const contract = {
  tag: 'uploads',
  description:
    "A signed link to the file's bytes, signed now, so that it lives for all of its 300 seconds. Type, disposition and name are stored with the object and need no part in the link.",
  params: uploadParams,
  success: 200,
  answer: enveloped(z.string()),
  refuses: ['file_in_quarantine', 'file_rejected'],
} satisfies Contract;

/** docs/contract.md, "Download link". */
export const handler = serve('uploads/url', contract, async ({ caller: { userId }, params }) => {
  const file = await getLiveUpload({ files: fileReader(), clock }, { userId, fileId: params.id });
  const link = await signer().presignGet(objectOf(file), { expiresInSeconds: linkSeconds, mode: 'fresh' });
  return success('Success', link.url);
});
