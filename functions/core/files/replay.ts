import { AppError } from './errors.ts';
import type { Clock } from './ports.ts';
import { type FileRecord, isVisible } from './record.ts';
import { type Earlier, requireSameContent } from './reserve.ts';
import type { FileStore, IdempotencyClaim } from './store.ts';

/** Whether a record is the caller's own. A key leads to an id, and an id alone proves no owner. */
export type IsOwn<F extends FileRecord> = (file: FileRecord | undefined) => file is F;

/** The file an earlier request with this Idempotency-Key stored, if there was one. Throws what {@link replay} throws. */
export async function findReplay<F extends FileRecord>(
  deps: { files: FileStore; clock: Clock },
  isOwn: IsOwn<F>,
  claim: IdempotencyClaim,
): Promise<F | undefined> {
  const earlier = await deps.files.findIdempotent(claim.id, deps.clock.now());
  return earlier && (await replay(deps, isOwn, { earlier, claim }));
}

/**
 * Answers a repeated request with the file of the first one. Throws `idempotency_key_reused` when the content is
 * another, `request_in_progress` while the first still goes on, `file_not_found` when its file was deleted or expired since.
 */
export async function replay<F extends FileRecord>(
  deps: { files: FileStore; clock: Clock },
  isOwn: IsOwn<F>,
  { earlier, claim }: { earlier: Earlier; claim: IdempotencyClaim | undefined },
): Promise<F> {
  requireSameContent(earlier, claim);
  const found = await deps.files.get(earlier.fileId);
  const file = isOwn(found) ? found : undefined;
  const deleted = file === undefined || ('deletedAt' in file && file.deletedAt !== undefined);
  if (!deleted && isVisible(file, deps.clock.now())) return file;
  if (file?.state === 'pending') {
    throw new AppError('request_in_progress', 'The first request with this Idempotency-Key is still going on.', {
      retryAfterSeconds: 2,
    });
  }
  throw new AppError(
    'file_not_found',
    'The file uploaded with this Idempotency-Key has been deleted or has expired since.',
  );
}
