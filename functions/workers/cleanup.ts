import * as z from 'zod/mini';
import { cleanupMessage } from '#contracts/messages.ts';
import { handleCleanup } from '#core/lifecycle/handle-cleanup.ts';
import { cleanDeps } from '#runtime/container.ts';
import { withDeadline } from '#runtime/deadline.ts';
import { queueHandler } from '#runtime/queue-handler.ts';

/**
 * Consumer of the cleanup queue: single deletions, pages of a scope's clean-up, looks at deleted templates. Messages
 * may come twice or after the work is done; one that cannot be read ends in the dead-letter queue.
 */
export const handler = withDeadline(queueHandler((body) => handleCleanup(cleanDeps(), z.parse(cleanupMessage, body))));
