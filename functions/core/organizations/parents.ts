import { AppError } from '#core/files/errors.ts';
import { newId } from '#core/files/ids.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { OrganizationFile, OrganizationOwnerType } from '#core/files/record.ts';
import { requireSameContent } from '#core/files/reserve.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { consumedFile, consumeUploads, readStaged } from './consuming.ts';
import { invalidUploads, notActiveMember, uploadNotFound } from './refusals.ts';
import type { OrganizationStore, Parent, ParentKind } from './stores.ts';

/** A transaction holds 100 items and an upload takes three; a row with more pictures than this is an album. */
export const maxUploadsPerParent = 20;

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
}

export interface ParentWrite {
  kind: ParentKind;
  userId: string;
  uploadIds: string[];
  /** Needed without uploads; with some it must be theirs. */
  orgId?: string | undefined;
  fields: Record<string, string>;
  idempotency?: IdempotencyClaim | undefined;
}

/**
 * Parent row (docs/contract.md, "Parent rows"): the uploads are read and checked, HEADed and copied to their final
 * keys, and then consumed in one transaction with the row, so that no two rows share an upload and none gets half of
 * them. The organization is the uploads' own, or the one that is named for a text alone; all must be of one, in which the caller is an
 * active member.
 *
 * Round trips: a batch read; the membership beside one HEAD for each upload; one copy for each; one transaction; one delete for each.
 *
 * Throws the refusals of docs/contract.md, "Refusals of organizations", `validation_failed` for uploads that do not
 * belong together or were presigned for something else, and `temporarily_unavailable`.
 */
export async function createParent(deps: Deps, write: ParentWrite): Promise<Parent> {
  const earlier = await findAgain(deps, write);
  if (earlier !== undefined) return earlier;
  try {
    return await createNew(deps, write);
  } catch (error) {
    // Its uploads may be gone because the same request, sent twice, has just been through.
    const meanwhile = await findAgain(deps, write);
    if (meanwhile === undefined) throw error;
    return meanwhile;
  }
}

/**
 * The row an earlier request with this Idempotency-Key made. Throws `idempotency_key_reused`, `not_active_member`, and
 * `not_found` when it was deleted since: a late repeat brings nothing back.
 */
async function findAgain({ organizations, clock }: Deps, write: ParentWrite): Promise<Parent | undefined> {
  const { kind, userId, idempotency } = write;
  const earlier = idempotency && (await organizations.findRemembered(idempotency.id, clock.now()));
  if (earlier === undefined) return undefined;
  requireSameContent(earlier, idempotency);
  const parent = await organizations.getParent(kind, userId, earlier.fileId);
  if (parent === undefined) throw new AppError('not_found', 'What this Idempotency-Key wrote has been deleted since.');
  if (!(await organizations.isActiveMember(parent.orgId, userId))) throw notActiveMember();
  return parent;
}

async function createNew(deps: Deps, write: ParentWrite): Promise<Parent> {
  const { kind, userId, uploadIds, fields, idempotency } = write;
  const files = uploadIds.length === 0 ? [] : await readStaged(deps, uploadIds, userId);
  const orgId = oneOrganization(files, kind, write.orgId);
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
      ...(idempotency === undefined ? [] : [{ kind: 'remember' as const, claim: idempotency, made: parent }]),
    ],
    async admit() {
      if (!(await member)) throw notActiveMember();
    },
  });
  if (refused.length === 0) return parent;
  if (refused.includes('member')) throw notActiveMember();
  throw uploadNotFound(lost?.id ?? files[0]?.id ?? '');
}

function oneOrganization(files: OrganizationFile[], ownerType: OrganizationOwnerType, named?: string): string {
  const orgId = named ?? files[0]?.orgId;
  if (orgId === undefined) throw invalidUploads('Name uploads, or the organization', '');
  for (const file of files) {
    if (file.ownerType !== ownerType) {
      throw invalidUploads(`Upload ${file.id} was presigned as ${file.ownerType}, not as ${ownerType}`, file.id);
    }
    if (file.orgId !== orgId) throw invalidUploads('Uploads of one request must be of one organization', file.id);
  }
  return orgId;
}
