import { AppError } from '#core/files/errors.ts';
import type { Clock, ObjectStore, UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { consumedFile, consumeUploads, isStaged } from './consuming.ts';
import { notActiveMember, notFound, uploadNotFound, uploadNotOwned } from './refusals.ts';
import { type Declared, presignForMember } from './staging.ts';
import type { ConsumedFile, LogoRow, OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

interface Who {
  orgId: string;
  userId: string;
}

/** Changes of one logo at the same moment that are tried again before giving up. */
const maxAttempts = 5;

/**
 * Presigns a logo and remembers on the organization's row which upload will be it (docs/contract.md, "Logo"). The bytes
 * become the logo when they are there: on completion, or when the logo is next asked for.
 */
export async function presignLogo(
  deps: { organizations: OrganizationStore; signer: UrlSigner; clock: Clock },
  { orgId, userId }: Who,
  declared: Declared,
  idempotency?: IdempotencyClaim,
): Promise<Presigned> {
  return await presignForMember(deps, { orgId, userId, ownerType: 'logo', declared, idempotency }, (uploadId) => [
    { kind: 'pending_logo', orgId, uploadId },
  ]);
}

/**
 * Makes the caller's upload the logo; the same again answers the same. The logo before it is deleted in the same
 * transaction. Throws the refusals of a parent write.
 */
export async function completeLogo(deps: Deps, who: Who, uploadId: string): Promise<ConsumedFile> {
  const [member, row] = await memberAndRow(deps, who);
  if (!member) throw notActiveMember();
  const [file] = await deps.organizations.getFiles([uploadId]);
  if (file?.orgId === who.orgId && file.ownerType === 'logo' && file.userId !== who.userId)
    throw uploadNotOwned(uploadId);
  return await consumeAsLogo(deps, who, row, uploadId);
}

/** The current logo. An upload whose bytes have arrived since becomes it first. Throws `not_found` without any. */
export async function getLogo(deps: Deps, who: Who): Promise<ConsumedFile> {
  const [member, row] = await memberAndRow(deps, who);
  if (!member) throw notActiveMember();
  if (row.pendingUploadId !== undefined) {
    try {
      return await consumeAsLogo(deps, who, row, row.pendingUploadId);
    } catch (error) {
      if (!isNotThereYet(error)) throw error;
    }
  }
  if (row.logo === undefined) throw notFound('logo');
  return row.logo;
}

/** Never uploaded, not uploaded yet, or uploaded as something else: the logo stays what it was. */
const isNotThereYet = (error: unknown): boolean =>
  error instanceof AppError && ['file_not_uploaded', 'upload_not_found', 'invalid_file_type'].includes(error.code);

async function memberAndRow({ organizations }: Deps, { orgId, userId }: Who): Promise<[boolean, LogoRow]> {
  return await Promise.all([organizations.isActiveMember(orgId, userId), organizations.getLogo(orgId)]);
}

async function consumeAsLogo(
  deps: Deps,
  { orgId, userId }: Who,
  first: LogoRow,
  uploadId: string,
): Promise<ConsumedFile> {
  const { organizations, clock } = deps;
  let row = first;
  const turn = async (): Promise<ConsumedFile | typeof moved> => {
    if (row.logo?.uploadId === uploadId) return row.logo;
    const ids = row.logo === undefined ? [uploadId] : [uploadId, row.logo.uploadId];
    const [file, before] = await organizations.getFiles(ids);
    if (file === undefined || file.orgId !== orgId || file.ownerType !== 'logo' || !isStaged(file, clock.now())) {
      // Consumed by somebody else since the row was read, or not there at all: the row tells.
      row = await organizations.getLogo(orgId);
      if (row.logo?.uploadId === uploadId) return row.logo;
      throw uploadNotFound(uploadId);
    }
    const replaced = before?.state === 'ready' && before.orgId === orgId ? before : undefined;
    const { refused } = await consumeUploads(deps, [file], {
      parentId: orgId,
      also: [
        { kind: 'member', orgId, userId },
        { kind: 'logo', row: withLogo(row, file) },
        ...(replaced === undefined ? [] : [{ kind: 'release' as const, file: replaced, now: clock.now() }]),
      ],
    });
    if (refused.length === 0) {
      if (replaced !== undefined) await deps.scheduleDelete(replaced.id);
      return consumedFile(file);
    }
    if (refused.includes('member')) throw notActiveMember();
    row = await organizations.getLogo(orgId);
    return moved;
  };
  return await retryOnMoved(turn, {
    attempts: maxAttempts,
    busy: 'The logo is being changed by others right now. Try again.',
  });
}

/** A later presign stays pending when an earlier upload is completed after it. */
function withLogo({ orgId, rev, pendingUploadId }: LogoRow, file: OrganizationFile): LogoRow {
  const pending = pendingUploadId === file.id ? undefined : pendingUploadId;
  return { orgId, rev, logo: consumedFile(file), ...(pending !== undefined && { pendingUploadId: pending }) };
}
