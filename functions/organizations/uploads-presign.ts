import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { declarationFields, declaredOf, isDeclared, organizationParams } from '#contracts/organization-fields.ts';
import { presignView } from '#contracts/organization-views.ts';
import { optionalIdentifier } from '#contracts/parameters.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { AppError } from '#core/files/errors.ts';
import { presignForMember } from '#core/organizations/staging.ts';
import { clock, organizations, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { userOf } from '#runtime/on-behalf.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description:
    'Presigns an upload. A user presigns for themselves. The platform presigns for the member it names, and only it presigns a `message`.',
  params: organizationParams,
  json: z
    .object({
      ownerType: z.enum(['exercise_comment', 'progress_photo', 'message']),
      ...declarationFields,
      userId: optionalIdentifier,
    })
    .check(isDeclared()),
  success: 201,
  answer: presignAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Presign and PUT". */
export const handler = serve('organizations/uploads-presign', contract, async (request) => {
  const { caller, params, json } = request;
  const idempotency = claimOf('organizations/uploads-presign', request);
  const staging = { orgId: params.orgId, ownerType: json.ownerType, declared: declaredOf(json), idempotency };
  const deps = { organizations: organizations(), signer: signer(), clock };
  if ('userId' in caller && json.ownerType === 'message') {
    throw new AppError('insufficient_scope', 'Uploads of messages are presigned by the platform.');
  }
  const userId = userOf(caller, json.userId, 'body');
  return presignView(await presignForMember(deps, { ...staging, userId }));
});
