import { newId } from '#core/files/ids.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { OrganizationFile, OrganizationOwnerType } from '#core/files/record.ts';
import { consumedFile, consumeUploads, readStaged } from './consuming.ts';
import { invalidUploads, notActiveMember, uploadNotFound } from './refusals.ts';
import type { OrganizationStore, Parent, ParentKind } from './stores.ts';

/** A transaction holds 100 items and an upload takes three; a row with more pictures than this is an album. */
export const maxUploadsPerParent = 20;

export interface ParentWrite {
  kind: ParentKind;
  userId: string;
  uploadIds: string[];
  fields: Record<string, string>;
}

/**
 * Parent row (docs/contract.md, "Parent rows"): the uploads are read and checked, HEADed and copied to their final
 * keys, and then consumed in one transaction with the row, so that no two rows share an upload and none gets half of
 * them. The organization is the uploads' own; all of them must be of one, in which the caller is an active member.
 *
 * Round trips: a batch read; the membership beside one HEAD for each upload; one copy for each; one transaction; one delete for each.
 *
 * Throws the refusals of docs/contract.md, "Refusals of organizations", `validation_failed` for uploads that do not
 * belong together or were presigned for something else, and `temporarily_unavailable`.
 */
export async function createParent(
  deps: { organizations: OrganizationStore; objects: ObjectStore; clock: Clock },
  { kind, userId, uploadIds, fields }: ParentWrite,
): Promise<Parent> {
  const files = await readStaged(deps, uploadIds, userId);
  const orgId = oneOrganization(files, kind);
  const member = deps.organizations.isActiveMember(orgId, userId);
  // Asked beside the uploads and told before them; without this its failure would count as unhandled meanwhile.
  member.catch(() => undefined);

  const now = deps.clock.now();
  const parent: Parent = {
    id: newId(now),
    kind,
    orgId,
    userId,
    files: files.map(consumedFile),
    fields,
    createdAt: now.toISOString(),
  };
  const { refused, lost } = await consumeUploads(deps, files, {
    parentId: parent.id,
    also: [
      { kind: 'member', orgId, userId },
      { kind: 'parent', parent },
    ],
    async admit() {
      if (!(await member)) throw notActiveMember();
    },
  });
  if (refused.length === 0) return parent;
  if (refused.includes('member')) throw notActiveMember();
  throw uploadNotFound(lost?.id ?? files[0]?.id ?? '');
}

function oneOrganization(files: OrganizationFile[], ownerType: OrganizationOwnerType): string {
  const orgId = files[0]?.orgId ?? '';
  for (const file of files) {
    if (file.ownerType !== ownerType) {
      throw invalidUploads(`Upload ${file.id} was presigned as ${file.ownerType}, not as ${ownerType}`, file.id);
    }
    if (file.orgId !== orgId) throw invalidUploads('Uploads of one request must be of one organization', file.id);
  }
  return orgId;
}
