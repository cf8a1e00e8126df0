import { AppError } from '#core/errors.ts';
import { type FileOf, isOf, type Scope } from '#core/file-record.ts';
import type { Clock } from '#core/ports.ts';
import type { FileStore, IdempotencyClaim } from '#core/stores.ts';

/** The file an earlier request with this Idempotency-Key stored, if there was one. Throws what {@link replay} throws. */
export async function findReplay<S extends Scope>(
  deps: { files: FileStore; clock: Clock },
  scope: S,
  claim: IdempotencyClaim,
): Promise<FileOf<S> | undefined> {
  const earlier = await deps.files.findIdempotent(claim.id, deps.clock.now());
  return earlier && (await replay(deps, scope, { earlier, claim }));
}

/**
 * Answers a repeated request with the file of the first one. Throws `idempotency_key_reused` when the content is
 * another, `request_in_progress` while the first still goes on, `file_not_found` when its file was deleted since.
 */
export async function replay<S extends Scope>(
  deps: { files: FileStore },
  scope: S,
  { earlier, claim }: { earlier: { fileId: string; contentHash: string }; claim: IdempotencyClaim | undefined },
): Promise<FileOf<S>> {
  if (earlier.contentHash !== claim?.contentHash) {
    throw new AppError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another upload. Use a new key for new content.',
    );
  }
  const file = await deps.files.get(earlier.fileId);
  if (isOf(scope, file) && file.state === 'ready') return file;
  if (isOf(scope, file) && file.state === 'pending') {
    throw new AppError('request_in_progress', 'The first request with this Idempotency-Key is still going on.', {
      retryAfterSeconds: 2,
    });
  }
  throw new AppError('file_not_found', 'The file uploaded with this Idempotency-Key has been deleted since.');
}
