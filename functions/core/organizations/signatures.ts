import { createHash, randomBytes } from 'node:crypto';
import { keyReused } from '#core/files/idempotency.ts';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import { type Earlier, reserve } from '#core/files/reserve.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { notFound } from './refusals.ts';
import { beside, type Declared, newUpload, stagedAgain } from './staging.ts';
import type { OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
}

/** Who signs has no account. */
const signer = 'signer';

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Only the hash is kept: what the table holds signs nothing. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

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
 * Presigns the signature a token allows and uses the token up, in one transaction (docs/contract.md, "Signatures"). The
 * bytes wait until the platform stores the signed document that names the upload. A declaration the policy refuses
 * leaves the token as it was. Throws `not_found` for a token that is unknown, used or expired, without telling which.
 */
export async function presignSignature(
  deps: Deps & { signer: UrlSigner },
  token: string,
  declared: Declared,
  idempotency?: IdempotencyClaim,
): Promise<Presigned> {
  const found = tokenPattern.test(token) ? await deps.organizations.getToken(hashOf(token)) : undefined;
  const now = deps.clock.now();
  if (found === undefined || found.expiresAt <= now.getTime()) throw notFound('form link');
  const { tokenHash, orgId, formId } = found;
  const again = (earlier: Earlier) => stagedAgain(deps, { orgId, userId: signer, idempotency }, earlier);
  if (found.used) {
    const earlier = idempotency && (await deps.organizations.findRemembered(idempotency.id, now));
    if (earlier === undefined) throw notFound('form link');
    return await again(earlier);
  }
  const { file, upload } = await newUpload(deps, { orgId, formId, userId: signer, ownerType: 'signature', declared });
  const spent = () => notFound('form link');
  const reserving = beside(deps.organizations, [{ kind: 'use_token', tokenHash }], spent);
  const earlier = await reserve(reserving, file, { idempotency });
  return earlier === undefined ? upload : await again(earlier);
}
