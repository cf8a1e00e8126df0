import { AppError } from './errors.ts';
import { inProgress } from './idempotency.ts';
import type { Clock } from './ports.ts';
import { type FileRecord, isOver, isVisible } from './record.ts';
import { type Earlier, requireSameContent } from './reserve.ts';
import type { FileStore, IdempotencyClaim } from './store.ts';

/** Whether a record is the caller's own. A key leads to an id, and an id alone proves no owner. */
export type IsOwn<F extends FileRecord> = (file: FileRecord | undefined) => file is F;

interface Deps {
  files: FileStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/**
 * The file an earlier request with this Idempotency-Key stored, if there was one. One whose request was cut off is cleared
 * away, and the key with it: whoever repeats it stores it now. Throws what {@link replay} throws.
 */
export async function findReplay<F extends FileRecord>(
  deps: Deps,
  isOwn: IsOwn<F>,
  claim: IdempotencyClaim,
): Promise<F | undefined> {
  const earlier = await deps.files.findIdempotent(claim.id, deps.clock.now());
  if (earlier === undefined) return undefined;
  const found = await deps.files.get(earlier.fileId);
  if (isOwn(found) && (await clearDead(deps, found))) return undefined;
  return answer(deps, isOwn, { earlier, claim, found });
}

/** False for anything but a form upload that nobody can be working at any more. */
async function clearDead({ files, clock, scheduleDelete }: Deps, file: FileRecord): Promise<boolean> {
  if (file.state !== 'pending' || file.incoming !== undefined || !isOver(file, clock.now())) return false;
  if (await files.release(file, clock.now())) await scheduleDelete(file.id);
  return true;
}

/**
 * Answers a repeated request with the file of the first one. Throws `idempotency_key_reused` when the content is
 * another, `request_in_progress` while the first still goes on, `file_not_found` when its file was deleted or expired since.
 */
export async function replay<F extends FileRecord>(
  deps: Pick<Deps, 'files' | 'clock'>,
  isOwn: IsOwn<F>,
  { earlier, claim }: { earlier: Earlier; claim: IdempotencyClaim | undefined },
): Promise<F> {
  return answer(deps, isOwn, { earlier, claim, found: await deps.files.get(earlier.fileId) });
}

function answer<F extends FileRecord>(
  { clock }: { clock: Clock },
  isOwn: IsOwn<F>,
  { earlier, claim, found }: { earlier: Earlier; claim: IdempotencyClaim | undefined; found: FileRecord | undefined },
): F {
  requireSameContent(earlier, claim);
  const file = isOwn(found) ? found : undefined;
  const deleted = file === undefined || ('deletedAt' in file && file.deletedAt !== undefined);
  if (!deleted && isVisible(file, clock.now())) return file;
  if (file?.state === 'pending') throw inProgress(new Date(file.dueAt ?? 0));
  throw new AppError(
    'file_not_found',
    'The file uploaded with this Idempotency-Key has been deleted or has expired since.',
  );
}
