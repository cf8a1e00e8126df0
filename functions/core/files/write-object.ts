import { AppError } from '#core/files/errors.ts';
import { giveUpFailed } from '#core/files/give-up.ts';
import { inParallel } from '#core/files/in-parallel.ts';
import type { Clock, ObjectHeaders, ObjectRef, ObjectStore } from '#core/files/ports.ts';
import { type FileRecord, objectOf } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';

/** An object before it is written. */
export interface NewObject {
  ref: ObjectRef;
  bytes: Uint8Array;
  headers: ObjectHeaders;
}

/**
 * Writes the objects of one file at the same time. None is under way any more when this ends: one that arrived after the
 * others were taken back would stay without a record. Throws the first failure.
 */
export async function putObjects(
  { objects }: { objects: ObjectStore },
  contents: NewObject[],
  options: { repeatable?: boolean } = {},
): Promise<void> {
  await inParallel(contents, ({ ref, bytes, headers }) => objects.put(ref, bytes, headers, options));
}

/**
 * The second half of every form upload (docs/design.md, "Flows"): writes the object of a reserved record and those
 * beside it, then marks the record ready. Whatever fails, nothing of the upload is left. Throws `temporarily_unavailable`.
 */
export async function writeObject<F extends FileRecord>(
  deps: { files: FileStore; objects: ObjectStore; clock: Clock; scheduleDelete: (fileId: string) => Promise<void> },
  file: F,
  content: Omit<NewObject, 'ref'>,
  beside: NewObject[] = [],
): Promise<F> {
  try {
    await putObjects(deps, [{ ref: objectOf(file), ...content }, ...beside]);
    const ready = await deps.files.markReady(file, deps.clock.now());
    if (ready !== undefined) return ready;
    throw new Error(`Upload ${file.id} was given up before it finished`);
  } catch (error) {
    await giveUpFailed(deps, file);
    throw new AppError('temporarily_unavailable', 'The file could not be stored and nothing was kept. Try again.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}
