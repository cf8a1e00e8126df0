import { createHash, randomBytes } from 'node:crypto';
import type { Clock, UrlSigner } from '#core/files/ports.ts';
import type { Presigned } from '#core/files/presign.ts';
import { reserve } from '#core/files/reserve.ts';
import { notFound } from './refusals.ts';
import { beside, type Declared, newUpload } from './staging.ts';
import type { OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
}

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Only the hash is kept: what the table holds signs nothing. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** A link to a form for somebody without an account: one signature, for a while. The token is 32 random bytes, told once. */
export async function createSignatureToken(
  { organizations, clock }: Deps,
  { orgId, formId, expiresInSeconds }: { orgId: string; formId: string; expiresInSeconds: number },
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(clock.now().getTime() + expiresInSeconds * 1000);
  await organizations.putToken({
    tokenHash: hashOf(token),
    orgId,
    formId,
    expiresAt: expiresAt.getTime(),
    used: false,
  });
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
): Promise<Presigned> {
  const found = tokenPattern.test(token) ? await deps.organizations.getToken(hashOf(token)) : undefined;
  if (found === undefined || found.used || found.expiresAt <= deps.clock.now().getTime()) throw notFound('form link');
  const { tokenHash, orgId, formId } = found;
  const { file, upload } = await newUpload(deps, { orgId, formId, userId: 'signer', ownerType: 'signature', declared });
  const spent = () => notFound('form link');
  await reserve(beside(deps.organizations, [{ kind: 'use_token', tokenHash }], spent), file);
  return upload;
}
