import { AppError } from '#core/files/errors.ts';
import { releaseExpired } from '#core/files/make-room.ts';
import type { FileRecord } from '#core/files/record.ts';
import type { Clock } from '#core/files/ports.ts';
import { quotaExceeded } from '#core/extensions/quota.ts';
import type { CounterLimit, FileStore, IdempotencyClaim } from '#core/files/store.ts';

/** What an earlier request with the same Idempotency-Key made. */
export interface Earlier {
  fileId: string;
  contentHash: string;
}

/**
 * Writes a pending record and its quota in one transaction. Undefined when reserved; what an earlier request made when
 * this one repeats it. A full counter is asked to give back what has expired before anybody is refused for it.
 * Throws the quota code of the first of `limits` (narrowest first) that would pass, `not_found` when its owner is deleted.
 */
export async function reserveQuota(
  deps: { files: FileStore; clock: Clock; scheduleDelete: (fileId: string) => Promise<void> },
  file: FileRecord,
  limits: CounterLimit[],
  idempotency: IdempotencyClaim | undefined,
): Promise<Earlier | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await deps.files.reserve(file, limits, idempotency);
    if (result.outcome === 'reserved') return undefined;
    if (result.outcome === 'replayed') return result;
    if (result.outcome === 'owner_deleted') throw ownerDeleted();
    if (attempt > 3 || !(await releaseExpired(deps, result))) throw quotaExceeded(result, file.sizeBytes);
  }
}

/** Nothing may come in once the clean-up of its app, session or lock has begun. */
export const ownerDeleted = () =>
  new AppError('not_found', 'The app, session or lock of this upload is deleted. Nothing can be stored there.');

/** A key stands for one content. Throws `idempotency_key_reused`. */
export function requireSameContent(earlier: Earlier, claim: IdempotencyClaim | undefined): void {
  if (earlier.contentHash === claim?.contentHash) return;
  throw new AppError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another upload. Use a new key for new content.',
  );
}
