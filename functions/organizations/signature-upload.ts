import * as z from 'zod/mini';
import { presignSignature } from '#core/organizations/signatures.ts';
import type { Contract } from '#http/contract.ts';
import { presignAnswer, presignView } from '#http/organization-views.ts';
import { clock, organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

const bytes = z.optional(z.int().check(z.minimum(1)));
const mediaType = z.optional(z.string().check(z.maxLength(100)));

export const contract = {
  params: z.object({ token: z.string() }),
  json: z
    .object({ size: bytes, sizeBytes: bytes, fileSize: bytes, mime: mediaType, mimeType: mediaType })
    .check(
      z.refine(
        ({ size, sizeBytes, fileSize }) => sizesOf(size, sizeBytes, fileSize).size === 1,
        'must say one size in bytes',
      ),
    ),
  success: 201,
  answer: presignAnswer,
} satisfies Contract;

/**
 * Public: the token in the path authorizes one PNG (docs/contract.md, "Signatures"). Its size is signed, so it is
 * declared.
 */
export const handler = serve('organizations/signature-upload', contract, async ({ params, json }) => {
  const [sizeBytes = 0] = sizesOf(json.size, json.sizeBytes, json.fileSize);
  const declared = { mimeType: json.mimeType ?? json.mime ?? 'image/png', sizeBytes, originalName: 'signature.png' };
  const deps = { organizations: organizations(), signer: signer(), clock };
  return presignView(await presignSignature(deps, params.token, declared));
});

function sizesOf(...sizes: (number | undefined)[]): Set<number> {
  return new Set(sizes.filter((size) => size !== undefined));
}
