import { AppError } from '#core/files/errors.ts';
import type { Clock } from '#core/files/ports.ts';
import { type FileOf, isOf, isVisible, type System } from '#core/files/record.ts';
import { type Earlier, requireSameContent } from '#core/files/reserve.ts';
import type { FileStore, IdempotencyClaim } from '#core/files/store.ts';

/** The file an earlier request with this Idempotency-Key stored, if there was one. Throws what {@link replay} throws. */
export async function findReplay<S extends System>(
  deps: { files: FileStore; clock: Clock },
  system: S,
  claim: IdempotencyClaim,
): Promise<FileOf<S> | undefined> {
  const earlier = await deps.files.findIdempotent(claim.id, deps.clock.now());
  return earlier && (await replay(deps, system, { earlier, claim }));
}

/**
 * Answers a repeated request with the file of the first one. Throws `idempotency_key_reused` when the content is
 * another, `request_in_progress` while the first still goes on, `file_not_found` when its file was deleted or expired since.
 */
export async function replay<S extends System>(
  deps: { files: FileStore; clock: Clock },
  system: S,
  { earlier, claim }: { earlier: Earlier; claim: IdempotencyClaim | undefined },
): Promise<FileOf<S>> {
  requireSameContent(earlier, claim);
  const file = await deps.files.get(earlier.fileId);
  const deleted = file === undefined || ('deletedAt' in file && file.deletedAt !== undefined);
  if (isOf(system, file) && isVisible(file, deps.clock.now()) && !deleted) return file;
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
