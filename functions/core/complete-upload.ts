import { AppError, isVerdict } from '#core/errors.ts';
import { releaseExpired } from '#core/expired.ts';
import { type FileRecord, incomingOf, objectOf, type StoredFacts, settled } from '#core/file-record.ts';
import { idPattern } from '#core/ids.ts';
import { checkIncoming } from '#core/incoming.ts';
import { type Clock, type ObjectHead, type ObjectStore, ObjectStoreError } from '#core/ports.ts';
import { eraseReleased } from '#core/purge.ts';
import { quotaExceeded } from '#core/quota.ts';
import { ownerDeleted } from '#core/reserve.ts';
import type { CounterLimit, FileStore } from '#core/stores.ts';

export interface CompleteDeps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

export interface Completion<F extends FileRecord> {
  uploadId: string;
  /** Lets the caller's upload through, `pending` or already `ready`; throws the surface's refusal for all else. */
  authorize: (file: FileRecord | undefined) => F;
  /**
   * Changes the record before anything is written at its final key, where the key depends on what the bytes are: so
   * the record always knows where an object may be. Safe to repeat; ends the upload as `promote` does.
   */
  prepare?: (file: F, head: ObjectHead) => Promise<F>;
  /**
   * Puts the checked bytes at the file's final key and says what they are. Must be safe to repeat. An `AppError` below
   * 500 is a verdict on the bytes and ends the upload; anything else leaves it to be tried again.
   */
  promote: (file: F, head: ObjectHead) => Promise<StoredFacts>;
  /** What the counters may reach when the stored bytes are more than was declared, narrowest first. */
  limits: (file: F) => CounterLimit[];
}

/**
 * Finishes a direct upload (design, section 4): check what was uploaded, promote it to the final key, then in one
 * transaction mark the record ready and settle its reservation to the true size, then remove the incoming object.
 *
 * Idempotent, and safe beside itself, expiry and deletion: everybody writes the same bytes to the one final key, which
 * takes only the first, and one transaction decides. Whoever comes second answers the file as it is then. Bytes that
 * are refused take the upload with them: reservation, object and record.
 *
 * Throws what `authorize` throws; `file_not_uploaded`; the verdicts of `checkIncoming` and `promote`; the quota codes when
 * the stored file is larger than declared and does not fit; `temporarily_unavailable`.
 */
export async function completeUpload<F extends FileRecord>(deps: CompleteDeps, completion: Completion<F>): Promise<F> {
  const { uploadId, authorize } = completion;
  let file = authorize(idPattern.test(uploadId) ? await deps.files.get(uploadId) : undefined);
  if (file.state === 'ready') return file;
  try {
    const head = await checkIncoming(deps.objects, file);
    if (completion.prepare !== undefined) file = await completion.prepare(file, head);
    const facts = await completion.promote(file, head);
    return await settle(deps, completion, file, facts);
  } catch (error) {
    return await recover(deps, completion, file, error);
  }
}

async function settle<F extends FileRecord>(
  deps: CompleteDeps,
  completion: Completion<F>,
  file: F,
  facts: StoredFacts,
): Promise<F> {
  const limits = completion.limits(file);
  for (let attempt = 1; ; attempt += 1) {
    const next = settled(file, facts, deps.clock.now());
    const result = await deps.files.settle(file, next, limits);
    if (result.outcome === 'ready') {
      await removeIncoming(deps, file);
      return next;
    }
    if (result.outcome === 'moved') throw new Moved();
    if (result.outcome === 'owner_deleted') throw ownerDeleted();
    if (attempt > 3 || !(await releaseExpired(deps, result)))
      throw quotaExceeded(result, facts.sizeBytes - file.sizeBytes);
  }
}

/** The bytes are at their final key; a copy that cannot be removed now is the marker's. */
async function removeIncoming({ objects }: CompleteDeps, { incoming }: FileRecord): Promise<void> {
  if (incoming !== undefined) await objects.delete(incomingOf(incoming)).catch(() => undefined);
}

/** Somebody else settled or released the upload meanwhile. */
class Moved extends Error {}

async function recover<F extends FileRecord>(
  deps: CompleteDeps,
  completion: Completion<F>,
  file: F,
  error: unknown,
): Promise<F> {
  // The object vanishes, its key is taken or the record moves when another call finishes this upload.
  const taken = error instanceof ObjectStoreError && error.reason === 'exists';
  const unsent = error instanceof AppError && error.code === 'file_not_uploaded';
  if (unsent || taken || error instanceof Moved) return await answerOfAnother(deps, completion, file, error);

  if (!isVerdict(error)) {
    throw new AppError('temporarily_unavailable', 'The upload could not be completed yet. Try again.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  // On the revision that was judged: a file that somebody else completed stays theirs.
  if (!(await deps.files.release(file, deps.clock.now()))) return await answerOfAnother(deps, completion, file, error);
  await eraseReleased(deps, file);
  throw error;
}

async function answerOfAnother<F extends FileRecord>(
  deps: CompleteDeps,
  { authorize }: Completion<F>,
  file: F,
  error: unknown,
): Promise<F> {
  const current = await deps.files.get(file.id);
  // The record is gone or going for good, and what was written after it must not stay.
  if (current === undefined || current.state === 'deleting') await deps.objects.delete(objectOf(file)).catch(() => {});
  const found = authorize(current);
  if (found.state === 'ready') return found;
  if (error instanceof AppError) throw error;
  throw new AppError('request_in_progress', 'Another call is completing this upload. Try again shortly.', {
    cause: error,
    retryAfterSeconds: 2,
  });
}
