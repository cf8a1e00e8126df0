import type { Clock, ObjectStore, UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { consumedFile, consumeUploads, readStaged } from './consuming.ts';
import { invalidUploads, notActiveMember, notFound, uploadNotFound, uploadNotOwned } from './refusals.ts';
import { type Declared, presignForMember } from './staging.ts';
import type { ConsumedFile, OrganizationStore } from './stores.ts';
import { workoutPrefix } from './workout-media.ts';

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
}

interface Workout {
  orgId: string;
  userId: string;
  workoutId: string;
}

/**
 * Presigns media of a workout (docs/contract.md, "Workout media"). The final key names the workout, so that an upload can
 * become media of no other one. Throws what `presignForMember` throws.
 */
export async function presignWorkoutMedia(
  deps: { organizations: OrganizationStore; signer: UrlSigner; clock: Clock },
  workout: Workout,
  declared: Declared,
  idempotency?: IdempotencyClaim,
): Promise<Presigned> {
  return await presignForMember(deps, { ...workout, ownerType: 'workout_media', declared, idempotency });
}

/**
 * Makes the user's upload media of the workout it was presigned for; the same again answers the same, so it needs no
 * Idempotency-Key. Throws the refusals of a parent write.
 */
export async function completeWorkoutMedia(
  deps: Deps,
  { orgId, userId, workoutId }: Workout,
  uploadId: string,
): Promise<ConsumedFile> {
  const stored = async () => storedFor(await read(deps, uploadId), { orgId, userId, workoutId });
  const [isMember, before] = await Promise.all([deps.organizations.isActiveMember(orgId, userId), stored()]);
  if (!isMember) throw notActiveMember();
  if (before !== undefined) return before;
  const files = await readStaged(deps, [uploadId], userId);
  for (const file of files) requireOf(file, orgId, workoutId);
  const { refused } = await consumeUploads(deps, files, {
    parentId: workoutId,
    also: [{ kind: 'member', orgId, userId }],
  });
  if (refused.includes('member')) throw notActiveMember();
  const [file] = files;
  if (refused.length === 0 && file !== undefined) return consumedFile(file);
  // Completed by a request at the same moment, or given up.
  const meanwhile = await stored();
  if (meanwhile === undefined) throw uploadNotFound(uploadId);
  return meanwhile;
}

/**
 * Deletes media of a workout: its uploader's, or anybody's for the platform, which names no user. Throws `not_found` for all
 * else, and for what an older store put there.
 */
export async function deleteWorkoutMedia(
  deps: Omit<Deps, 'objects'> & { scheduleDelete: (fileId: string) => Promise<void> },
  { orgId, userId, workoutId, uploadId }: Omit<Workout, 'userId'> & { userId: string | undefined; uploadId: string },
): Promise<void> {
  const isMember = userId === undefined || (await deps.organizations.isActiveMember(orgId, userId));
  if (!isMember) throw notActiveMember();
  const file = await read(deps, uploadId);
  if (file?.state !== 'ready' || !isOfWorkout(file, orgId, workoutId)) throw notFound('media of this workout');
  if (userId !== undefined && file.userId !== userId) throw notFound('media of this workout');
  const refused = await deps.organizations.commit([{ kind: 'release', file, now: deps.clock.now() }]);
  if (refused.length > 0) throw notFound('media of this workout');
  await deps.scheduleDelete(file.id);
}

async function read(
  { organizations }: Pick<Deps, 'organizations'>,
  uploadId: string,
): Promise<OrganizationFile | undefined> {
  return (await organizations.getFiles([uploadId]))[0];
}

const isOfWorkout = (file: OrganizationFile, orgId: string, workoutId: string) =>
  file.ownerType === 'workout_media' && file.orgId === orgId && file.parentId === workoutId;

/** What was presigned for another use or another workout is not this one's, whoever says so. */
function requireOf(file: OrganizationFile, orgId: string, workoutId: string): void {
  if (file.ownerType !== 'workout_media') {
    throw invalidUploads(`Upload ${file.id} was presigned as ${file.ownerType}, not as workout_media`, file.id);
  }
  if (file.orgId !== orgId || !file.key.startsWith(workoutPrefix(orgId, workoutId))) throw uploadNotFound(file.id);
}

function storedFor(file: OrganizationFile | undefined, { orgId, userId, workoutId }: Workout) {
  if (file?.state !== 'ready' || !isOfWorkout(file, orgId, workoutId)) return undefined;
  if (file.userId !== userId) throw uploadNotOwned(file.id);
  return consumedFile(file);
}
