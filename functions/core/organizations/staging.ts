import { randomUUID } from 'node:crypto';
import { offerPut, type PutOffer } from '#core/files/incoming.ts';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import type { OrganizationFile } from '#core/files/record.ts';
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
}

export interface StagedUpload extends PutOffer {
  uploadId: string;
}

export interface Staging {
  orgId: string;
  userId: string;
  ownerType: UploadOwnerType;
  declared: Declared;
  formId?: string;
}

/**
 * Presign (seed 3, "Steps", 1): membership, policy, then the staged record. One transaction, in which the membership is
 * a condition; signing is local, and R2 is not asked.
 *
 * Throws `not_active_member` before anything else, `file_too_large`, `invalid_file_type`.
 */
export async function presignForMember(
  deps: Deps,
  staging: Staging,
  also: (uploadId: string) => OrganizationChange[] = () => [],
): Promise<StagedUpload> {
  const { orgId, userId } = staging;
  try {
    checkPolicy(staging.ownerType, staging.declared);
  } catch (refusal) {
    // Whoever is no member is told so, and nothing about the policy.
    if (!(await deps.organizations.isActiveMember(orgId, userId))) throw notActiveMember();
    throw refusal;
  }
  const { file, upload } = await newUpload(deps, staging);
  const refused = await deps.organizations.commit([
    { kind: 'member', orgId, userId },
    { kind: 'stage', file },
    ...also(upload.uploadId),
  ]);
  if (refused.length > 0) throw notActiveMember();
  return upload;
}

/**
 * The `pending` record of a new upload and what its client is told. The id is a UUID (seed 3, "Key naming") and the
 * record's own, so an upload is found by one strongly consistent read. Throws what the policy refuses.
 */
export async function newUpload(
  deps: { signer: UrlSigner; clock: Clock },
  { orgId, userId, ownerType, declared, formId }: Staging,
): Promise<{ file: OrganizationFile; upload: StagedUpload }> {
  const ext = checkPolicy(ownerType, declared);
  const { mimeType, sizeBytes } = declared;
  const { incoming, offer } = await offerPut(deps, { mimeType, sizeBytes });
  const now = deps.clock.now();
  const uploadId = randomUUID();
  const expiresAt = now.getTime() + policyOf(ownerType).stagedForMs;
  const isOfOneUser = ownerType === 'exercise_comment' || ownerType === 'progress_photo' || ownerType === 'message';
  const file: OrganizationFile = {
    id: uploadId,
    scope: 'organization',
    state: 'pending',
    rev: 1,
    orgId,
    userId,
    ownerType,
    ...(formId !== undefined && { formId }),
    bucket: 'default',
    key: keyOf(ownerType, isOfOneUser ? userId : orgId, uploadId, ext),
    originalName: declared.originalName ?? `${uploadId}.${ext}`,
    mimeType,
    sizeBytes,
    incoming,
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    expiresAt,
    dueAt: expiresAt,
  };
  return { file, upload: { uploadId, ...offer } };
}
