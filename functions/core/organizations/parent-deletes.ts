import { idPattern } from '#core/files/ids.ts';
import type { Clock } from '#core/files/ports.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { notActiveMember, notFound } from './refusals.ts';
import type { OrganizationChange, OrganizationStore, ParentKind } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
  /** Several by one message. */
  scheduleDelete: (fileIds: string[]) => Promise<void>;
}

interface Which {
  kind: ParentKind;
  userId: string;
  id: string;
  /** The user asks, who must be an active member; the platform erases what former members left, too. */
  asMember: boolean;
}

/**
 * Deletes a row and the files in it (docs/contract.md, "Parent rows"): one transaction takes the row away and releases all of
 * its files, so that no half of it is ever listed. A file that is kept is one item of the hundred there, and a row has
 * `maxUploadsPerParent` of them at most. What is killed after it leaves records that are due. A file that went before the row
 * did, by an administrator, is no hindrance.
 *
 * Round trips: the row; a batch read; one transaction; one message. Throws `not_found`, `not_active_member`.
 */
export async function deleteParent(deps: Deps, which: Which): Promise<void> {
  const gone = await retryOnMoved(() => takeAway(deps, which));
  await deps.scheduleDelete(gone.map(({ id }) => id));
}

async function takeAway(
  { organizations, clock }: Deps,
  { kind, userId, id, asMember }: Which,
): Promise<OrganizationFile[] | typeof moved> {
  const parent = idPattern.test(id) ? await organizations.getParent(kind, userId, id) : undefined;
  if (parent === undefined) throw notFound('row');
  const { orgId } = parent;
  const found =
    parent.files.length === 0 ? [] : await organizations.getFiles(parent.files.map(({ uploadId }) => uploadId));
  const files = found.filter((file) => file !== undefined).filter((file) => isKeptBy(file, id));
  const now = clock.now();
  const changes: OrganizationChange[] = [
    ...(asMember ? [{ kind: 'member' as const, orgId, userId }] : []),
    { kind: 'parent_gone', parent },
    ...files.map((file) => ({ kind: 'release' as const, file, now })),
  ];
  const refused = await organizations.commit(changes);
  if (refused.length === 0) return files;
  if (refused.includes('member')) throw notActiveMember();
  return moved;
}

const isKeptBy = ({ state, parentId }: OrganizationFile, rowId: string) => state === 'ready' && parentId === rowId;
