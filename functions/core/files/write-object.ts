import { AppError } from '#core/files/errors.ts';
import { giveUpFailed } from '#core/files/give-up.ts';
import type { Clock, ObjectHeaders, ObjectStore } from '#core/files/ports.ts';
import type { FileRecord } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';

/**
 * The second half of every form upload (docs/design.md, "Flows"): writes the object of a reserved record, then marks
 * the record ready. Whatever fails, nothing of the upload is left. Throws `temporarily_unavailable`.
 */
export async function writeObject<F extends FileRecord>(
  deps: { files: FileStore; objects: ObjectStore; clock: Clock; scheduleDelete: (fileId: string) => Promise<void> },
  file: F,
  content: { bytes: Uint8Array; headers: ObjectHeaders },
): Promise<F> {
  try {
    await deps.objects.put({ bucket: file.bucket, key: file.key }, content.bytes, content.headers);
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
