/** Tokens of every kind: signed with a key of the stage's issuer, or those that somebody gave. */
import { createHmac, createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { Failure } from '../failure.ts';

export type Kind = 'user' | 'session' | 'platform' | 'admin';

export interface Given {
  issuerKey?: string;
  issuer?: string;
  audience?: string;
  kid?: string;
  userToken?: string;
  platformToken?: string;
  adminToken?: string;
}

export type Claims = Record<string, unknown>;

export interface Proofs {
  /** Whether a token of this kind can be had; of `sign`, for anybody and with any fault. */
  can(kind: Kind | 'sign'): boolean;
  admin(): Promise<string>;
  platform(): Promise<string>;
  /** Of a user of this id, or the one whose token was given, whatever the id. */
  user(sub: string): Promise<string>;
  session(claims: { sub: string; appId: string; sessionId: string; lockId: string }): Promise<string>;
  /** Any claims at all, to make bad tokens. */
  sign(claims: Claims, lifeSeconds?: number): Promise<string>;
  /** What only who has the key can say of a text: no token, and nothing that a stage takes. */
  seal(text: string): string;
  /** Whose token was given. */
  givenUser: string | undefined;
}

/** As long as the longest run; nobody needs one of these afterwards. Seconds. */
const lifeSeconds = 1800;

/** Reads the key and makes the proofs. Throws a `Failure` for what signs nothing. */
export async function proofsOf(given: Given): Promise<Proofs> {
  const { issuer, audience } = given;
  const signing = given.issuerKey === undefined ? undefined : await readKey(given.issuerKey, given.kid);
  if (signing !== undefined && (issuer === undefined || audience === undefined)) {
    throw new Failure(
      'invalid_option',
      'Give --issuer and --audience with --issuer-key, as the stage is deployed with.',
      2,
    );
  }

  const unsigned = () => new Failure('invalid_option', 'Nothing can be signed without --issuer-key.', 2);
  async function sign(claims: Claims, seconds = lifeSeconds): Promise<string> {
    if (signing === undefined) throw unsigned();
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: Math.min(now, now + seconds), exp: now + seconds };
    return await new SignJWT({ iss: issuer, aud: audience, ...times, ...claims })
      .setProtectedHeader({ alg: signing.alg, typ: 'JWT', ...(signing.kid !== undefined && { kid: signing.kid }) })
      .sign(signing.key);
  }
  function seal(text: string): string {
    if (signing === undefined) throw unsigned();
    const secret = hkdfSync('sha256', signing.key.export({ type: 'pkcs8', format: 'der' }), '', 'stowage seal', 32);
    return createHmac('sha256', Buffer.from(secret)).update(text).digest('base64url');
  }
  const one = (token: string | undefined, claims: Claims) => async () => token ?? (await sign(claims));
  const fixed = { user: given.userToken, platform: given.platformToken, admin: given.adminToken };
  return {
    can: (kind) => signing !== undefined || (kind in fixed && fixed[kind as keyof typeof fixed] !== undefined),
    admin: one(given.adminToken, { token_use: 'service', sub: 'stowage-verify', scope: 'admin' }),
    platform: one(given.platformToken, { token_use: 'service', sub: 'stowage-verify', scope: 'platform' }),
    user: async (sub) => (signing === undefined ? (given.userToken ?? '') : await sign({ token_use: 'user', sub })),
    session: (claims) => sign({ token_use: 'session', scope: 'locks:read locks:write', ...claims }),
    sign,
    seal,
    givenUser: signing === undefined && given.userToken !== undefined ? subjectOf(given.userToken) : undefined,
  };
}

/** Who a token says it is of; whether it is good is for the stage to find out. */
function subjectOf(token: string): string {
  try {
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub?: unknown };
    if (typeof sub === 'string') return sub;
  } catch {
    // Told below.
  }
  throw new Failure('invalid_token', '--user-token is no JWT with a subject.', 2);
}

interface SigningKey {
  key: KeyObject;
  alg: string;
  kid?: string;
}

async function readKey(file: string, kid: string | undefined): Promise<SigningKey> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure('key_unreadable', `${file} cannot be read: ${error.code}.`);
  });
  try {
    const jwk = text.trimStart().startsWith('{') ? (JSON.parse(text) as { kid?: string; alg?: string }) : undefined;
    const key = jwk === undefined ? createPrivateKey(text) : createPrivateKey({ key: jwk as never, format: 'jwk' });
    const named = kid ?? jwk?.kid;
    return { key, alg: jwk?.alg ?? algorithmOf(key), ...(named !== undefined && { kid: named }) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    // What the parser says may quote the key.
    throw new Failure('key_unreadable', `${file} is no private key: a JWK, or PEM without a passphrase.`);
  }
}

/** The algorithm that goes with a key whose JWK does not say (RFC 7518, 3.1; RFC 8037). */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const kinds: Record<string, string> = { rsa: 'RS256', 'rsa-pss': 'PS256', ed25519: 'EdDSA' };
  const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
  const found =
    asymmetricKeyType === 'ec' ? curves[asymmetricKeyDetails?.namedCurve ?? ''] : kinds[asymmetricKeyType ?? ''];
  if (found !== undefined) return found;
  throw new Failure('key_unreadable', `Keys of the kind ${asymmetricKeyType} sign no token that Stowage takes.`);
}
