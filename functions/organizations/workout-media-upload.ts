import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { declarationFields, declaredOf, isDeclared, uploadId, workoutParams } from '#contracts/organization-fields.ts';
import { consumedFileAnswer, consumedFileView, presignView } from '#contracts/organization-views.ts';
import { optionalIdentifier } from '#contracts/parameters.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { completeWorkoutMedia, presignWorkoutMedia } from '#core/organizations/workout-uploads.ts';
import { clock, objects, organizations, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { userOf } from '#runtime/on-behalf.ts';
import { serve } from '#runtime/serve.ts';

const userId = optionalIdentifier;

export const contract = {
  tag: 'organizations',
  description:
    'Presigns media of a workout from a declaration, or makes what was PUT its media from the `uploadId`. A member acts for themselves, the platform for the member it names.',
  params: workoutParams,
  json: z.union([z.strictObject({ uploadId, userId }), z.object({ ...declarationFields, userId }).check(isDeclared())]),
  success: 201,
  answer: z.union([z.object({ media: consumedFileAnswer }), presignAnswer]),
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Workout media". */
export const handler = serve('organizations/workout-media-upload', contract, async (request) => {
  const { caller, params, json } = request;
  const workout = { ...params, userId: userOf(caller, json.userId, 'body') };
  const deps = { organizations: organizations(), signer: signer(), clock };
  if (!('uploadId' in json)) {
    const claim = claimOf('organizations/workout-media-upload', request);
    return presignView(await presignWorkoutMedia(deps, workout, declaredOf(json), claim));
  }
  // An upload becomes media of its workout once, so this is repeated without a key as well.
  const media = await completeWorkoutMedia({ ...deps, objects: objects() }, workout, json.uploadId);
  return { media: await consumedFileView(media, deps.signer) };
});
