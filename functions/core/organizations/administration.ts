import { type Author, auditEntry } from '#core/files/audit.ts';
import { cleanUpDelayOf } from '#core/files/delete.ts';
import { idPattern, uuidPattern } from '#core/files/ids.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import type { Clock } from '#core/files/ports.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { refuseRetained, withSignature } from './documents.ts';
import type { OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
  scheduleDelete: (fileIds: string[], delaySeconds?: number) => Promise<void>;
}

/**
 * Deletes a file of an organization for an administrator, whatever has it, and writes down who did, in one transaction; a
 * document's signature goes with it. What has it goes on naming it. Of one that is being deleted already the clean-up is asked
 * for again. Throws `retained_until` and `file_not_found`.
 */
export async function deleteOrganizationFile(
  { organizations, clock, scheduleDelete }: Deps,
  { orgId, fileId, author }: { orgId: string; fileId: string; author: Author },
): Promise<void> {
  const { file, gone } = await retryOnMoved(async () => {
    const [file] = isMade(fileId) ? await organizations.getFiles([fileId]) : [];
    if (file?.orgId !== orgId) throw fileNotFound();
    if (file.state === 'deleting') return { file, gone: [file] };
    const now = clock.now();
    refuseRetained(file, now);
    const gone = await withSignature(organizations, file);
    const { originalName, sizeBytes, userId, ownerType, parentId } = file;
    const entry = auditEntry(author, {
      action: 'organizations.file.deleted',
      subject: { type: 'file', id: file.id },
      details: { orgId, originalName, sizeBytes, userId, ownerType, ...(parentId !== undefined && { parentId }) },
    });
    const released = gone.map((each) => ({ kind: 'release' as const, file: each, now }));
    const refused = await organizations.commit([...released, { kind: 'audit', entry }]);
    return refused.length === 0 ? { file, gone } : moved;
  });
  await scheduleDelete(
    gone.map(({ id }) => id),
    cleanUpDelayOf(file),
  );
}

/** Documents and exports have ids of the one form, uploads of the other; what has none names nothing. */
const isMade = (id: string) => idPattern.test(id) || uuidPattern.test(id);
