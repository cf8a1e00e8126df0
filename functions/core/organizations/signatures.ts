import { createHash, randomBytes } from 'node:crypto';
import { keyReused } from '#core/files/idempotency.ts';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { type Earlier, reserve } from '#core/files/reserve.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { signatureMaxBytes } from './policy.ts';
import { notFound } from './refusals.ts';
import { beside, type Declared, newUpload, stagedAgain } from './staging.ts';
import type { OrganizationChange, OrganizationStore, SignatureToken } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
}

/** Who signs has no account. */
const signer = 'signer';

/**
 * Times a form link may be presigned: enough for every retry of a person, and few enough that the URLs, whose length nobody
 * knows, are no store for whoever has the link.
 */
const mostPresigns = 20;

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Only the hash is kept: what the table holds signs nothing. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** What may be uploaded where nobody says how large it is. */
export const unknownSize = (): Declared => ({
  mimeType: 'image/png',
  sizeBytes: signatureMaxBytes,
  originalName: 'signature.png',
  atMost: true,
});

/**
 * A link to a form for somebody without an account: one signature, for a while. The token is 32 random bytes, told once: a
 * repeat with the same Idempotency-Key is told another, and the first works no more. Throws `idempotency_key_reused`, of a
 * token that was used, too.
 */
export async function createSignatureToken(
  { organizations, clock }: Deps,
  { orgId, formId, expiresInSeconds }: { orgId: string; formId: string; expiresInSeconds: number },
  claim?: IdempotencyClaim,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(clock.now().getTime() + expiresInSeconds * 1000);
  const made = { tokenHash: hashOf(token), orgId, formId, expiresAt: expiresAt.getTime(), used: false };
  if ((await organizations.putToken(made, clock.now(), claim)) !== 'written') throw keyReused();
  return { token, expiresAt };
}

/**
 * Presigns the signature a token allows (docs/contract.md, "Signatures"), again and again until its bytes are used: each
 * time in place of the upload before it, in one transaction. The bytes wait until the platform stores the signed document
 * that names the upload. A declaration the policy refuses leaves the token as it was. Throws `not_found` for a token that
 * is unknown, expired, presigned twenty times or whose signature is part of a document, without telling which.
 */
export async function presignSignature(
  deps: Deps & { signer: UrlSigner; scheduleDelete: (fileId: string) => Promise<void> },
  token: string,
  declared: Declared,
  idempotency?: IdempotencyClaim,
): Promise<Presigned> {
  const { organizations, clock, scheduleDelete } = deps;
  return await retryOnMoved(async () => {
    const found = tokenPattern.test(token) ? await organizations.getToken(hashOf(token)) : undefined;
    const now = clock.now();
    if (found === undefined || found.expiresAt <= now.getTime()) throw notFound('form link');
    const { orgId, formId } = found;
    const again = (earlier: Earlier) => stagedAgain(deps, { orgId, userId: signer, idempotency }, earlier);
    const repeated = found.used && idempotency && (await organizations.findRemembered(idempotency.id, now));
    if (repeated) return await again(repeated);
    const former = await formerUpload(organizations, found);
    if ((found.presigns ?? 0) >= mostPresigns) throw notFound('form link');
    const { file, upload } = await newUpload(deps, { orgId, formId, userId: signer, ownerType: 'signature', declared });
    const changes: OrganizationChange[] = [
      { kind: 'use_token', token: found, uploadId: file.id },
      ...(former === undefined ? [] : [{ kind: 'release' as const, file: former, now }]),
    ];
    const contested = notFound('form link');
    try {
      const earlier = await reserve(
        beside(organizations, changes, () => contested),
        file,
        { idempotency },
      );
      if (earlier !== undefined) return await again(earlier);
    } catch (error) {
      // Another request presigned with it, or used its bytes, at the same moment: read again which.
      if (error === contested) return moved;
      throw error;
    }
    if (former !== undefined) await scheduleDelete(former.id);
    return upload;
  });
}

/** What is there of the upload that a token was presigned before; nothing once its time is over. Throws `not_found` when it is used. */
async function formerUpload(
  organizations: OrganizationStore,
  { used, uploadId }: SignatureToken,
): Promise<OrganizationFile | undefined> {
  if (!used) return undefined;
  // Which upload it was for was not noted once: it may be used.
  if (uploadId === undefined) throw notFound('form link');
  const [file] = await organizations.getFiles([uploadId]);
  if (file?.state === 'ready' || file?.parentId !== undefined) throw notFound('form link');
  return file?.state === 'pending' ? file : undefined;
}
