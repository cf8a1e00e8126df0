import * as z from 'zod/mini';
import { purge } from '#core/purge.ts';
import { queueHandler } from '#http/queue-handler.ts';
import { files, objects } from '#runtime/container.ts';

const message = z.object({ type: z.literal('file.delete'), fileId: z.string() });

/**
 * Consumer of the cleanup queue: removes the object and then the record of a deleted file. A message may come twice or
 * after the work is done; both are harmless. A message that cannot be read ends in the dead-letter queue.
 */
export const handler = queueHandler(async (body) => {
  const { fileId } = z.parse(message, body);
  await purge({ files: files(), objects: objects() }, fileId);
});
