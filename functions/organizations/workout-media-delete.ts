import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { uploadId, workoutParams } from '#contracts/organization-fields.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { deleteWorkoutMedia } from '#core/organizations/workout-uploads.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description: 'Deletes media of a workout: the caller’s own, and anybody’s for the platform.',
  params: z.extend(workoutParams, { uploadId }),
  success: 204,
  wording: organizationWording,
} satisfies Contract;

/** docs/contract.md, "Workout media". */
export const handler = serve('organizations/workout-media-delete', contract, async ({ caller, params }) => {
  const userId = 'userId' in caller ? caller.userId : undefined;
  await deleteWorkoutMedia(organizationDeps(), { ...params, userId });
});
