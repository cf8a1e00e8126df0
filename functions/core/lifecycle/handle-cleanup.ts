import type { CleanupMessage } from '#core/files/cleanup-queue.ts';
import { inParallel } from '#core/files/in-parallel.ts';
import { purge } from '#core/files/purge.ts';
import { type CleanDeps, cleanScopePage } from './clean-scope.ts';
import { checkTemplate } from './events.ts';

/** One message of the cleanup queue; safe to handle twice, late or out of order. */
export async function handleCleanup(deps: CleanDeps, message: CleanupMessage): Promise<void> {
  switch (message.type) {
    case 'file.delete':
      return await purge(deps, message.fileId);
    case 'files.delete':
      return await inParallel(message.fileIds, (fileId) => purge(deps, fileId));
    case 'draft.clean':
      return await deps.cleanDraft(message);
    case 'scope.clean':
      return await cleanScopePage(deps, message);
    case 'template.check':
      return await checkTemplate(deps, message.templateId);
  }
}
