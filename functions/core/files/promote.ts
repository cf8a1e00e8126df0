import { AppError, isVerdict } from './errors.ts';
import { giveUp } from './give-up.ts';
import { idPattern } from './ids.ts';
import { checkIncoming } from './incoming.ts';
import { withRoom } from './make-room.ts';
import { type Clock, type ObjectHead, type ObjectStore, ObjectStoreError } from './ports.ts';
import { type FileRecord, incomingOf } from './record.ts';
import { ownerDeleted } from './reserve.ts';
import { type StoredFacts, settled } from './settled.ts';
import type { CounterLimit, FileStore } from './store.ts';
import { objectsOf } from './variants.ts';

/** A direct upload on its way from `pending` to `ready`. */
export interface Promotion<F extends FileRecord> {
  file: F;
  next: F;
}

export interface PromoteSteps<F extends FileRecord, Lost> {
  /**
   * Changes the record before anything is written at its final key, where the key depends on what the bytes are: so
   * the record always knows where an object may be. Safe to repeat.
   */
  prepare?: (file: F, head: ObjectHead) => Promise<F>;
  /** Puts the checked bytes at the file's final key and says what they are. Must be safe to repeat. */
  place: (file: F, head: ObjectHead) => Promise<StoredFacts>;
  /** Makes the records ready, all or none, with whatever stands beside them; what was lost when it could not. */
  commit: (promotions: Promotion<F>[]) => Promise<Lost | undefined>;
  /** Says a failed check or placement in the words of the surface. */
  refuse?: (file: F, error: unknown) => Promise<never>;
}

/**
 * The one way from uploaded bytes to ready files (docs/design.md, "Flows"): check what lies at the incoming keys, place
 * it at the final keys, make the records ready in one transaction, remove the incoming objects. Safe beside itself:
 * everybody places the same bytes at one final key, which takes only the first, and one transaction decides.
 */
export async function promote<F extends FileRecord, Lost>(
  deps: { objects: ObjectStore; clock: Clock },
  files: F[],
  { prepare, place, commit, refuse = rethrow }: PromoteSteps<F, Lost>,
): Promise<{ ready: F[] } | { lost: Lost }> {
  const checked = await Promise.all(
    files.map(async (file) => {
      const head = await checkIncoming(deps.objects, file).catch((error) => refuse(file, error));
      return { file, head };
    }),
  );
  const placed = await Promise.all(
    checked.map(async ({ file, head }) => {
      const prepared = (await prepare?.(file, head)) ?? file;
      return { file: prepared, facts: await place(prepared, head).catch((error) => refuse(prepared, error)) };
    }),
  );
  const now = deps.clock.now();
  const promotions = placed.map(({ file, facts }) => ({ file, next: settled(file, facts, now) }));
  const lost = await commit(promotions);
  if (lost !== undefined) return { lost };
  await clearIncoming(deps, files);
  return { ready: promotions.map(({ next }) => next) };
}

const rethrow = async (_file: unknown, error: unknown): Promise<never> => {
  throw error;
};

/**
 * Removes what lies at the incoming keys of promoted files. A failure is no harm: each left a marker, by which the
 * schedule removes it for good once nothing can be PUT there any more. Never throws.
 */
export async function clearIncoming({ objects }: { objects: ObjectStore }, files: FileRecord[]): Promise<void> {
  await Promise.allSettled(
    files.map(async ({ incoming }) => incoming !== undefined && (await objects.delete(incomingOf(incoming)))),
  );
}

/** A file whose record is gone or going for good may have been placed after that, and nobody else knows of the object. */
export async function removeStray(
  { objects }: { objects: ObjectStore },
  file: FileRecord,
  current: FileRecord | undefined,
): Promise<void> {
  if (current !== undefined && current.state !== 'deleting') return;
  await Promise.allSettled(objectsOf(file).map((ref) => objects.delete(ref)));
}

export interface CompleteDeps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

export interface Completion<F extends FileRecord> extends Pick<PromoteSteps<F, unknown>, 'prepare' | 'place'> {
  uploadId: string;
  /** Puts the uploaded bytes at the incoming key, where they came another way than by one PUT. Safe to repeat. */
  assemble?: (file: F) => Promise<void>;
  /** Lets the caller's upload through, `pending` or already `ready`; throws the surface's refusal for all else. */
  authorize: (file: FileRecord | undefined) => F;
  /** What the counters may reach when the stored bytes are more than was declared, narrowest first. */
  limits?: (file: F) => CounterLimit[];
  /** Makes the record ready together with whatever stands beside it, in place of the record alone. Nothing of it is counted. */
  settle?: (promotion: Promotion<F>) => Promise<'ready' | 'moved'>;
}

/**
 * Finishes one direct upload: `promote`, with its reservation settled to the true size.
 *
 * Idempotent, and safe beside itself, expiry and deletion: whoever comes second answers the file as it is then. Bytes
 * that are refused (an `AppError` that no retry mends) take the upload with them: reservation, object and record.
 *
 * Throws what `authorize` throws; `file_not_uploaded`; the verdicts of `checkIncoming` and `place`; the quota codes when
 * the stored file is larger than declared and does not fit; `temporarily_unavailable`.
 */
export async function completeUpload<F extends FileRecord>(deps: CompleteDeps, completion: Completion<F>): Promise<F> {
  const { uploadId, authorize } = completion;
  let file = authorize(idPattern.test(uploadId) ? await deps.files.get(uploadId) : undefined);
  if (file.state === 'ready') return file;
  let result: Awaited<ReturnType<typeof promote<F, 'moved'>>>;
  try {
    await completion.assemble?.(file);
    result = await promote<F, 'moved'>(deps, [file], {
      place: completion.place,
      prepare: async (found, head) => {
        file = (await completion.prepare?.(found, head)) ?? found;
        return file;
      },
      commit: async ([promotion]) => promotion && (await settle(deps, completion, promotion)),
    });
  } catch (error) {
    return await recover(deps, completion, file, error);
  }
  const [ready] = 'ready' in result ? result.ready : [];
  return ready ?? (await answerOfAnother(deps, completion, file, new Error(`Upload ${file.id} moved`)));
}

async function settle<F extends FileRecord>(
  deps: CompleteDeps,
  { limits, settle: settleBeside }: Completion<F>,
  promotion: Promotion<F>,
): Promise<'moved' | undefined> {
  if (settleBeside !== undefined) return (await settleBeside(promotion)) === 'moved' ? 'moved' : undefined;
  const { file, next } = promotion;
  const step = () => deps.files.settle(file, next, limits?.(file) ?? []);
  const { outcome } = await withRoom(deps, next.sizeBytes - file.sizeBytes, step);
  switch (outcome) {
    case 'ready':
      return undefined;
    case 'moved':
      return 'moved';
    case 'owner_deleted':
      throw ownerDeleted();
  }
}

async function recover<F extends FileRecord>(
  deps: CompleteDeps,
  completion: Completion<F>,
  file: F,
  error: unknown,
): Promise<F> {
  // The object vanishes or its key is taken when another call finishes this upload.
  const taken = error instanceof ObjectStoreError && error.reason === 'exists';
  // What is asked to come again has been judged by nobody.
  const unsent = error instanceof AppError && ['file_not_uploaded', 'request_in_progress'].includes(error.code);
  if (unsent || taken) return await answerOfAnother(deps, completion, file, error);
  if (isVerdict(error)) {
    if (await giveUp(deps, file)) throw error;
    return await answerOfAnother(deps, completion, file, error);
  }
  throw new AppError('temporarily_unavailable', 'The upload could not be completed yet. Try again.', {
    cause: error,
    retryAfterSeconds: 1,
  });
}

async function answerOfAnother<F extends FileRecord>(
  deps: CompleteDeps,
  { authorize }: Completion<F>,
  file: F,
  error: unknown,
): Promise<F> {
  const current = await deps.files.get(file.id);
  await removeStray(deps, file, current);
  const found = authorize(current);
  if (found.state === 'ready') return found;
  if (error instanceof AppError) throw error;
  throw new AppError('request_in_progress', 'Another call is completing this upload. Try again shortly.', {
    cause: error,
    retryAfterSeconds: 2,
  });
}
