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

/**
 * The current logo. An upload whose bytes have arrived since becomes it first, where whoever uploaded it is an active member
 * still. Throws `not_found` without any.
 */
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
    const isAnothers = file.userId !== userId;
    if (isAnothers && !(await organizations.isActiveMember(orgId, file.userId))) {
      if (await withdraw(deps, row, file)) throw uploadNotFound(uploadId);
      row = await organizations.getLogo(orgId);
      return moved;
    }
    const replaced = before?.state === 'ready' && before.orgId === orgId ? before : undefined;
    const { refused } = await consumeUploads(deps, [file], {
      parentId: orgId,
      also: [
        { kind: 'member', orgId, userId },
        // Of one member one condition: a transaction names no item twice.
        ...(isAnothers ? [{ kind: 'member' as const, orgId, userId: file.userId }] : []),
        { kind: 'logo', row: withLogo(row, file) },
        ...(replaced === undefined ? [] : [{ kind: 'release' as const, file: replaced, now: clock.now() }]),
      ],
    });
    if (refused.length === 0) {
      if (replaced !== undefined) await deps.scheduleDelete(replaced.id);
      return consumedFile(file);
    }
    // Which of the two is none is asked anew; whoever uploaded it at the next turn.
    if (refused.includes('member') && !(await organizations.isActiveMember(orgId, userId))) throw notActiveMember();
    row = await organizations.getLogo(orgId);
    return moved;
  };
  return await retryOnMoved(turn, {
    attempts: maxAttempts,
    busy: 'The logo is being changed by others right now. Try again.',
  });
}

/**
 * Forgets an upload of who is no active member any more: nobody asked for it on their own behalf, so it never becomes the
 * logo, whoever asks. One transaction; the bytes follow through the queue. False when row or upload moved.
 */
async function withdraw(deps: Deps, row: LogoRow, file: OrganizationFile): Promise<boolean> {
  const refused = await deps.organizations.commit([
    { kind: 'logo', row: withoutPending(row, file) },
    { kind: 'release', file, now: deps.clock.now() },
  ]);
  if (refused.length > 0) return false;
  await deps.scheduleDelete(file.id);
  return true;
}

const withLogo = (row: LogoRow, file: OrganizationFile): LogoRow => ({
  ...withoutPending(row, file),
  logo: consumedFile(file),
});

/** A later presign stays pending when an earlier upload is completed after it, or withdrawn. */
function withoutPending({ pendingUploadId, ...row }: LogoRow, file: OrganizationFile): LogoRow {
  const isLater = pendingUploadId !== undefined && pendingUploadId !== file.id;
  return { ...row, ...(isLater && { pendingUploadId }) };
}
