import { AppError } from '#core/files/errors.ts';
import { uuidPattern } from '#core/files/ids.ts';
import { copyIncoming } from '#core/files/incoming.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import { promote, removeStray } from '#core/files/promote.ts';
import { type FileRecord, isCompletable, isExpired, type OrganizationFile } from '#core/files/record.ts';
import type { IsOwn } from '#core/files/replay.ts';
import { fileNotUploaded, storageRefusal, unsupportedFileType, uploadNotFound, uploadNotOwned } from './refusals.ts';
import type { ConsumedFile, OrganizationChange, OrganizationStore } from './stores.ts';

/** How uploads become files of a row: read and checked, copied to their final keys, then consumed by the row in one transaction. */

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
}

/**
 * The caller's staged uploads, in one strongly consistent batch (docs/contract.md, "Parent rows"). The first id that
 * fails decides: `upload_not_found` for one that is unknown, expired or consumed, `upload_not_owned` for another user's.
 */
export async function readStaged(
  { organizations, clock }: Deps,
  uploadIds: string[],
  userId: string,
): Promise<OrganizationFile[]> {
  const found = await organizations.getFiles(uploadIds.filter((id) => uuidPattern.test(id)));
  return uploadIds.map((uploadId) => {
    const file = found.find((candidate) => candidate?.id === uploadId);
    if (file === undefined || !isStaged(file, clock.now())) throw uploadNotFound(uploadId);
    if (file.userId !== userId) throw uploadNotOwned(uploadId);
    return file;
  });
}

/** Presigned, not consumed yet and not expired, by the clock and not by whether TTL has run. */
export function isStaged(file: OrganizationFile, now: Date): boolean {
  return file.state === 'pending' && file.incoming !== undefined && !isExpired(file, now);
}

/**
 * Lets a direct upload through that can be completed, or is, and is the caller's by `isOwn`: what `completeUpload` asks.
 * Throws `upload_not_found` for all else.
 */
export const completableUpload =
  (clock: Clock, uploadId: string, isOwn: IsOwn<OrganizationFile>) =>
  (file: FileRecord | undefined): OrganizationFile => {
    if (!isOwn(file) || !isCompletable(file, clock.now())) throw uploadNotFound(uploadId);
    return file;
  };

export interface Consuming {
  /** The row that consumes the uploads. */
  parentId: string;
  /** Epoch milliseconds before which they cannot be deleted, as the row cannot. */
  retainedUntil?: number | undefined;
  /** What must be true or becomes true in the same transaction. */
  also: OrganizationChange[];
  /** Whoever may not is told so, whatever is wrong with the uploads. */
  admit?: () => Promise<void>;
}

/**
 * Makes staged uploads files of a row (docs/contract.md, "Parent rows"): `promote`, by copies inside R2 and on the
 * ETags that were checked, in one transaction with the row. Two requests that consume the same upload copy the same bytes,
 * and one wins.
 *
 * Answers the kinds of change that were refused, and the first upload that somebody else took meanwhile. Throws
 * `file_not_uploaded`, `invalid_file_type`, `upload_not_found`, and `temporarily_unavailable` when the bucket does not
 * answer.
 */
export async function consumeUploads(
  deps: Deps,
  files: OrganizationFile[],
  { parentId, retainedUntil, also, admit }: Consuming,
): Promise<{ refused: OrganizationChange['kind'][]; lost?: OrganizationFile | undefined }> {
  const kept = { parentId, ...(retainedUntil !== undefined && { retainedUntil }) };
  const result = await promote<OrganizationFile, OrganizationChange['kind'][]>(deps, files, {
    async place(file, head) {
      await admit?.();
      const headers = { contentType: file.mimeType, cacheControl: 'private, max-age=31536000, immutable' };
      await copyIncoming(deps.objects, file, head, headers);
      return { mimeType: file.mimeType, sizeBytes: head.sizeBytes };
    },
    async commit(promotions) {
      const settled = promotions.map(({ file, next }) => ({
        kind: 'settle' as const,
        file,
        next: { ...next, ...kept },
      }));
      const refused = await deps.organizations.commit([...also, ...settled]);
      return refused.length > 0 ? refused : undefined;
    },
    async refuse(file, error) {
      await admit?.();
      return await refuse(deps, file, error);
    },
  });
  return 'ready' in result ? { refused: [] } : { refused: result.lost, lost: await findLost(deps, files) };
}

/** A missing object may mean that somebody took the upload since it was read: then that is what to say. */
async function refuse(deps: Deps, file: OrganizationFile, error: unknown): Promise<never> {
  if (!(error instanceof AppError)) throw storageRefusal(error);
  if (error.code === 'invalid_file_type') throw unsupportedFileType(error.details ?? {});
  const [current] = await deps.organizations.getFiles([file.id]);
  if (current === undefined || !isStaged(current, deps.clock.now())) throw uploadNotFound(file.id);
  throw fileNotUploaded(file.id, error.details);
}

export const consumedFile = (file: OrganizationFile): ConsumedFile => ({
  uploadId: file.id,
  key: file.key,
  mimeType: file.mimeType,
  sizeBytes: file.sizeBytes,
  originalName: file.originalName,
});

/** After a lost transaction: who moved an upload is found by reading again. The first upload that was lost. */
async function findLost(deps: Deps, files: OrganizationFile[]): Promise<OrganizationFile | undefined> {
  if (files.length === 0) return undefined;
  const current = await deps.organizations.getFiles(files.map(({ id }) => id));
  await Promise.all(files.map((file, index) => removeStray(deps, file, current[index])));
  return files.find((file, index) => current[index]?.rev !== file.rev);
}
