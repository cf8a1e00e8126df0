import { sweepOne } from '#core/sweep.ts';
import { expiryHandler } from '#http/expiry-handler.ts';
import { clock, files, objects } from '#runtime/container.ts';

/**
 * The alarm clock of staged files and direct uploads. A ticket says only which file; whether its time is over is
 * decided by its record, so a ticket left over from a claimed file, or one that comes twice, does nothing.
 */
export const handler = expiryHandler(async (fileId) => {
  const file = await files().get(fileId);
  if (file !== undefined) await sweepOne({ files: files(), objects: objects(), clock }, file);
});
