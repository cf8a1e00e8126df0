import { randomUUID } from 'node:crypto';
import type { AppError } from '#core/files/errors.ts';
import { mediaTypeOf } from '#core/files/media-type.ts';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import { type Begun, beginDirect, offerAgain, type Presigned } from '#core/files/presign.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { type Earlier, type Reserving, reserve } from '#core/files/reserve.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { checkPolicy, keyOf, policyOf, type UploadOwnerType } from './policy.ts';
import { notActiveMember } from './refusals.ts';
import type { OrganizationChange, OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  signer: UrlSigner;
  clock: Clock;
}

/** What a client says it will upload; the type and the size are signed, so it can upload nothing else. */
export interface Declared {
  mimeType: string;
  sizeBytes: number;
  originalName?: string | undefined;
  /** How much it will be is not known: `sizeBytes` is the most the policy takes. */
  atMost?: true | undefined;
}

export interface Staging {
  orgId: string;
  userId: string;
  ownerType: UploadOwnerType;
  declared: Declared;
  formId?: string;
  /** Of a workout's media. */
  workoutId?: string;
  idempotency?: IdempotencyClaim | undefined;
}

/**
 * Presign (docs/contract.md, "Presign and PUT"): membership, policy, then the staged record. One transaction, in which
 * the membership is a condition; signing is local, and R2 is not asked.
 *
 * Throws `not_active_member` before anything else, `file_too_large`, `invalid_file_type`.
 */
export async function presignForMember(
  deps: Deps,
  staging: Staging,
  also: (uploadId: string) => OrganizationChange[] = () => [],
): Promise<Presigned> {
  const { orgId, userId, idempotency } = staging;
  try {
    checkPolicy(staging.ownerType, staging.declared);
  } catch (refusal) {
    // Whoever is no member is told so, and nothing about the policy.
    if (!(await deps.organizations.isActiveMember(orgId, userId))) throw notActiveMember();
    throw refusal;
  }
  const { file, upload } = await newUpload(deps, staging);
  const conditions: OrganizationChange[] = [{ kind: 'member', orgId, userId }, ...also(upload.uploadId)];
  const earlier = await reserve(beside(deps.organizations, conditions, notActiveMember), file, { idempotency });
  return earlier === undefined ? upload : await stagedAgain(deps, staging, earlier);
}

/** What an earlier request with this key staged, for the same user of the same organization. Throws `idempotency_key_reused`. */
export async function stagedAgain(
  deps: Deps,
  { orgId, userId, idempotency }: Pick<Staging, 'orgId' | 'userId' | 'idempotency'>,
  earlier: Earlier,
): Promise<Presigned> {
  const [found] = await deps.organizations.getFiles([earlier.fileId]);
  const file = found?.orgId === orgId && found.userId === userId ? found : undefined;
  return await offerAgain(deps, file, { earlier, claim: idempotency });
}

/** Where an upload is reserved in one transaction with what must be true or becomes true beside it. */
export function beside(
  organizations: OrganizationStore,
  changes: OrganizationChange[],
  refusal: () => AppError,
): Reserving<OrganizationFile> {
  return {
    async reserve(file, _limits, claim) {
      const remember = claim === undefined ? [] : [{ kind: 'remember' as const, claim, made: file }];
      const refused = await organizations.commit([...changes, { kind: 'stage', file }, ...remember]);
      if (refused.length === 0) return { outcome: 'reserved' };
      // Whoever may no longer do it is told so, whatever they did before.
      const earlier =
        claim !== undefined && refused.includes('remember') && !refused.includes('member')
          ? await organizations.findRemembered(claim.id, new Date(file.createdAt))
          : undefined;
      if (earlier === undefined) throw refusal();
      return { outcome: 'replayed', ...earlier };
    },
  };
}

/**
 * A new upload and what its client is told, not written yet. The id is a UUID (docs/contract.md, "Key names") and the
 * record's own, so an upload is found by one strongly consistent read. Throws what the policy refuses.
 */
export async function newUpload(
  deps: { signer: UrlSigner; clock: Clock },
  { orgId, userId, ownerType, declared, formId, workoutId }: Staging,
): Promise<Begun<OrganizationFile>> {
  const ext = checkPolicy(ownerType, declared);
  const { sizeBytes, originalName } = declared;
  const mimeType = mediaTypeOf(declared.mimeType);
  const id = randomUUID();
  const isOfOneUser = ownerType === 'exercise_comment' || ownerType === 'progress_photo' || ownerType === 'message';
  const owner = isOfOneUser ? userId : orgId;
  const file = {
    id,
    scope: 'organization' as const,
    orgId,
    userId,
    ownerType,
    ...(formId !== undefined && { formId }),
    bucket: 'default' as const,
    key: keyOf(ownerType, workoutId === undefined ? [owner] : [owner, workoutId], id, ext),
    originalName: originalName ?? `${id}.${ext}`,
    mimeType,
    sizeBytes,
  };
  const sent = { ...declared, mimeType: declared.mimeType.trim() };
  const { stagedForMs: waitMs } = policyOf(ownerType);
  return await beginDirect<OrganizationFile>(deps, file, { waitMs, declared: sent });
}
