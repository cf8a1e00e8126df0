import { AppError } from '#core/files/errors.ts';
import { checkIncoming, copyIncoming } from '#core/files/incoming.ts';
import type { Clock, ObjectHead, ObjectStore } from '#core/files/ports.ts';
import { incomingOf, isExpired, type OrganizationFile, objectOf, settled } from '#core/files/record.ts';
import { fileNotUploaded, storageRefusal, unsupportedFileType, uploadNotFound, uploadNotOwned } from './refusals.ts';
import type { OrganizationChange, OrganizationStore, TakenFile } from './stores.ts';

/** How uploads become files of a row: read and checked, copied to their final keys, then taken with the row in one transaction. */

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
}

const uploadIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The caller's staged uploads, in one strongly consistent batch (seed 3, "Parent write"). The first id that fails
 * decides: `upload_not_found` for one that is unknown, expired or taken, `upload_not_owned` for another user's.
 */
export async function readStaged(
  { organizations, clock }: Deps,
  uploadIds: string[],
  userId: string,
): Promise<OrganizationFile[]> {
  const found = await organizations.getFiles(uploadIds.filter((id) => uploadIdPattern.test(id)));
  return uploadIds.map((uploadId) => {
    const file = found.find((candidate) => candidate?.id === uploadId);
    if (file === undefined || !isStaged(file, clock.now())) throw uploadNotFound(uploadId);
    if (file.userId !== userId) throw uploadNotOwned(uploadId);
    return file;
  });
}

/** Presigned, not taken yet and not expired, by the clock and not by whether TTL has run. */
export function isStaged(file: OrganizationFile, now: Date): boolean {
  return file.state === 'pending' && file.incoming !== undefined && !isExpired(file, now);
}

/**
 * HEADs every upload: present, and of the type and size that were declared. Throws `file_not_uploaded`,
 * `invalid_file_type`, and `temporarily_unavailable` when the bucket does not answer.
 */
export async function checkUploaded(deps: Deps, files: OrganizationFile[]): Promise<ObjectHead[]> {
  return await Promise.all(
    files.map((file) => checkIncoming(deps.objects, file).catch((error) => refuse(deps, file, error))),
  );
}

/**
 * Copies checked uploads to their final keys, inside R2 and on the ETags that were checked: no byte passes through a
 * function, and two requests that copy the same upload write the same bytes.
 */
export async function copyToFinal(deps: Deps, files: OrganizationFile[], heads: ObjectHead[]): Promise<void> {
  await Promise.all(
    files.map(async (file, index) => {
      const head = heads[index];
      if (head === undefined) throw new Error(`Upload ${file.id} was not checked`);
      const headers = { contentType: file.mimeType, cacheControl: 'private, max-age=31536000, immutable' };
      await copyIncoming(deps.objects, file, head, headers).catch((error) => refuse(deps, file, error));
    }),
  );
}

/** A missing object may mean that somebody took the upload since it was read: then that is what to say. */
async function refuse(deps: Deps, file: OrganizationFile, error: unknown): Promise<never> {
  if (!(error instanceof AppError)) throw storageRefusal(error);
  if (error.code === 'invalid_file_type') throw unsupportedFileType(error.details ?? {});
  const [current] = await deps.organizations.getFiles([file.id]);
  if (current === undefined || !isStaged(current, deps.clock.now())) throw uploadNotFound(file.id);
  throw fileNotUploaded(file.id, error.details);
}

/** The step that makes a staged upload a file of the row that takes it, and keeps it as long as the row must be kept. */
export function settling(
  file: OrganizationFile,
  parentId: string,
  now: Date,
  retainedUntil?: number,
): OrganizationChange {
  const next = settled(file, { mimeType: file.mimeType, sizeBytes: file.sizeBytes }, now);
  return {
    kind: 'settle',
    file,
    next: { ...next, parentId, ...(retainedUntil !== undefined && { retainedUntil }) },
  };
}

/**
 * Removes what lies at the incoming keys of taken uploads. A failure is no harm: each left a marker, by which the
 * schedule removes it for good once nothing can be PUT there any more. Never throws.
 */
export async function clearIncoming(deps: Deps, files: OrganizationFile[]): Promise<void> {
  await Promise.allSettled(
    files.map(async ({ incoming }) => incoming !== undefined && (await deps.objects.delete(incomingOf(incoming)))),
  );
}

export const takenFile = (file: OrganizationFile): TakenFile => ({
  uploadId: file.id,
  key: file.key,
  mimeType: file.mimeType,
  sizeBytes: file.sizeBytes,
  originalName: file.originalName,
});

/**
 * After a lost transaction: who moved an upload is found by reading again. A copy whose record is gone is removed
 * here, since nobody else knows of it; while there is a record, the copy is its holder's. The first upload that was lost.
 */
export async function findLost(deps: Deps, files: OrganizationFile[]): Promise<OrganizationFile | undefined> {
  const current = await deps.organizations.getFiles(files.map(({ id }) => id));
  await Promise.all(
    files.map((file, index) => {
      const state = current[index]?.state;
      return state === undefined || state === 'deleting' ? deps.objects.delete(objectOf(file)) : undefined;
    }),
  );
  return files.find((file, index) => current[index]?.rev !== file.rev);
}
