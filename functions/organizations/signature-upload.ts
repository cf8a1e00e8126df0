import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { presignView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { presignSignature } from '#core/organizations/signatures.ts';
import { clock, organizations, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

const bytes = z.optional(z.int().check(z.minimum(1)));
const mediaType = z.optional(z.string().check(z.maxLength(100)));

export const contract = {
  tag: 'organizations',
  description: 'Public: the token in the path authorizes one PNG. Its size is signed, so it is declared.',
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
  wording: organizationWording,
  examples: { json: { mimeType: 'image/png', sizeBytes: 12_000 } },
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Signatures". */
export const handler = serve('organizations/signature-upload', contract, async (request) => {
  const { params, json } = request;
  const [sizeBytes = 0] = sizesOf(json.size, json.sizeBytes, json.fileSize);
  const declared = { mimeType: json.mimeType ?? json.mime ?? 'image/png', sizeBytes, originalName: 'signature.png' };
  const deps = { organizations: organizations(), signer: signer(), clock };
  return presignView(
    await presignSignature(deps, params.token, declared, claimOf('organizations/signature-upload', request)),
  );
});

function sizesOf(...sizes: (number | undefined)[]): Set<number> {
  return new Set(sizes.filter((size) => size !== undefined));
}
