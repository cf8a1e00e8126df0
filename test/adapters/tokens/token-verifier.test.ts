import { createHmac, createPublicKey } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier, type TokenVerifierConfig } from '#adapters/tokens/token-verifier.ts';
import { audience, createKey, issuer, type SigningKey, signToken, startKeyServer } from './key-server.ts';

const unauthorized = { name: 'AppError', code: 'unauthorized' };
const unavailable = { name: 'AppError', code: 'temporarily_unavailable', retryAfterSeconds: 5 };
const sessionClaims = { token_use: 'session', sub: 'u', appId: 'app', sessionId: 's1', lockId: 'l1' };

let key: SigningKey;
let keyServer: Awaited<ReturnType<typeof startKeyServer>>;

const verifier = (options: Partial<TokenVerifierConfig> = {}) =>
  createTokenVerifier({ jwksUrl: keyServer.url, issuer, audience, ...options });
const seconds = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

beforeAll(async () => {
  key = await createKey('k1');
});
beforeEach(async () => {
  keyServer = await startKeyServer([key]);
});
afterEach(() => keyServer.stop());

describe('a good token', () => {
  it('of each kind gives its claims and nothing else', async () => {
    const { verify } = verifier();
    expect(await verify(await signToken(key, { extra: 'x', appId: 'a' }))).toEqual({
      token_use: 'user',
      sub: 'user-1',
    });
    expect(await verify(await signToken(key, { ...sessionClaims, scope: 'locks:read locks:write' }))).toEqual({
      ...sessionClaims,
      scopes: ['locks:read', 'locks:write'],
    });
    expect(await verify(await signToken(key, { token_use: 'service', sub: undefined, scope: 'platform' }))).toEqual({
      token_use: 'service',
      scopes: ['platform'],
    });
    expect(await verify(await signToken(key, { token_use: 'service', sub: 'job' }))).toEqual({
      token_use: 'service',
      sub: 'job',
      scopes: [],
    });
  });

  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'])('may be signed with %s', async (alg) => {
    const other = await createKey('other', alg);
    keyServer.state.keys = [key, other];
    await expect(verifier().verify(await signToken(other))).resolves.toMatchObject({ sub: 'user-1' });
  });

  it('may name several audiences, ours among them', async () => {
    const token = await signToken(key, { aud: ['elsewhere', audience] });
    await expect(verifier().verify(token)).resolves.toMatchObject({ sub: 'user-1' });
  });
});

describe('a bad token is unauthorized', () => {
  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['without issuer', { iss: undefined }],
    ['for another audience', { aud: 'elsewhere' }],
    ['without audience', { aud: undefined }],
    ['that expired', { exp: seconds() - 31 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: seconds() + 3600 }],
    ['without token_use', { token_use: undefined }],
    ['with an unknown token_use', { token_use: 'admin' }],
    ['with a token_use that is no string', { token_use: ['user'] }],
    ['of a user without sub', { sub: undefined }],
    ['of a session without appId', { ...sessionClaims, appId: undefined }],
    ['of a session without sessionId', { ...sessionClaims, sessionId: undefined }],
    ['of a session without lockId', { ...sessionClaims, lockId: undefined }],
    ['whose sub would leave its place in a key', { sub: 'a#b' }],
    ['whose sub holds a slash', { sub: 'a/b' }],
    ['whose sub ends in a newline', { sub: 'a\n' }],
    ['whose sub is empty', { sub: '' }],
    ['whose sub is too long', { sub: 'a'.repeat(129) }],
    ['whose sub is a number', { sub: 7 }],
    ['whose appId would leave its place in a key', { ...sessionClaims, appId: 'a#b' }],
    ['of a service with a bad sub', { token_use: 'service', sub: 'a b' }],
    ['whose scope is no string', { token_use: 'service', scope: ['platform'] }],
  ])('%s', async (_, claims) => {
    await expect(verifier().verify(await signToken(key, claims))).rejects.toMatchObject(unauthorized);
  });

  it('without a signature (alg none)', async () => {
    const [, payload] = (await signToken(key)).split('.');
    const token = `${base64url({ alg: 'none', kid: 'k1' })}.${payload}.`;
    await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized);
  });

  it('signed with HS256 and the public key as the secret', async () => {
    const rsa = await createKey('rsa', 'RS256');
    keyServer.state.keys = [rsa];
    const [, payload] = (await signToken(rsa)).split('.');
    const pem = createPublicKey({ key: rsa.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const signed = `${base64url({ alg: 'HS256', kid: 'rsa' })}.${payload}`;
    const token = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
    await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized);
  });

  it('with another payload under the same signature', async () => {
    const [header, payload = '', signature] = (await signToken(key)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const token = `${header}.${base64url({ ...claims, sub: 'someone-else' })}.${signature}`;
    await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized);
  });

  it('signed by a stranger under our key id', async () => {
    const stranger = await createKey('k1');
    await expect(verifier().verify(await signToken(stranger))).rejects.toMatchObject(unauthorized);
  });

  it.each(['', '.', '..', 'a.b.c', 'sk_app_key', '\u{1f41f}', 'e30.e30.e30'])('that is none: %j', async (token) => {
    await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized);
  });

  it('that is longer than 8 KiB, without asking the key server', async () => {
    const token = await signToken(key, { padding: 'x'.repeat(8192) });
    await expect(verifier().verify(token)).rejects.toMatchObject(unauthorized);
    expect(keyServer.state.requests).toBe(0);
  });

  it('and the message says neither which check failed nor what was sent', async () => {
    const error = await verifier()
      .verify(await signToken(key, { exp: 1 }))
      .catch((e: Error) => e);
    expect(String(error)).toBe('AppError: The token is malformed, expired or not meant for this service.');
  });
});

describe('a clock that differs from the issuer’s', () => {
  const at = (claim: 'exp' | 'nbf' | 'iat', offset: number) =>
    signToken(key, { exp: seconds() + 300, [claim]: seconds() + offset });

  it.each([
    ['expired', 'exp', -25],
    ['is not valid yet', 'nbf', 25],
    ['is not issued yet', 'iat', 25],
  ] as const)('by half a minute does not refuse a token that %s by it', async (_, claim, offset) => {
    await expect(verifier().verify(await at(claim, offset))).resolves.toMatchObject({ sub: 'user-1' });
  });

  it.each([
    ['expired', 'exp', -35],
    ['is not valid yet', 'nbf', 35],
  ] as const)('by more refuses a token that %s by it', async (_, claim, offset) => {
    await expect(verifier().verify(await at(claim, offset))).rejects.toMatchObject(unauthorized);
  });

  it('may differ by nothing where that is asked for', async () => {
    const token = await at('exp', -5);
    await expect(verifier({ clockToleranceSeconds: 0 }).verify(token)).rejects.toMatchObject(unauthorized);
  });
});

describe('the key server', () => {
  it('is asked once by twenty callers at the same time, and not again', async () => {
    const { verify } = verifier();
    const token = await signToken(key);
    await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    await verify(token);
    expect(keyServer.state.requests).toBe(1);
  });

  it('is asked again for a key id that is new', async () => {
    const { verify } = verifier({ jwksCooldownSeconds: 0 });
    await verify(await signToken(key));
    const rotated = await createKey('k2');
    keyServer.state.keys = [rotated];
    await expect(verify(await signToken(rotated))).resolves.toMatchObject({ sub: 'user-1' });
    await expect(verify(await signToken(key))).rejects.toMatchObject(unauthorized);
  });

  it('is spared by the cooldown when unknown key ids keep coming', async () => {
    const { verify } = verifier();
    await verify(await signToken(key));
    const unknown = await signToken(await createKey('unknown'));
    for (let i = 0; i < 5; i++) {
      await expect(verify(unknown)).rejects.toMatchObject(unauthorized);
    }
    expect(keyServer.state.requests).toBe(1);
  });

  it('may be down while its keys are remembered', async () => {
    const { verify } = verifier();
    const token = await signToken(key);
    await verify(token);
    await keyServer.stop();
    await expect(verify(token)).resolves.toMatchObject({ sub: 'user-1' });
  });

  it('being down, failing or answering nonsense is our trouble and not the token’s', async () => {
    const token = await signToken(key);
    keyServer.state.status = 500;
    await expect(verifier().verify(token)).rejects.toMatchObject(unavailable);
    keyServer.state.status = 302;
    await expect(verifier().verify(token)).rejects.toMatchObject(unavailable);
    keyServer.state.status = 200;
    for (const body of ['<html>', '{}', '{"keys":7}', '[]']) {
      keyServer.state.body = body;
      await expect(verifier().verify(token)).rejects.toMatchObject(unavailable);
    }
    await keyServer.stop();
    await expect(verifier().verify(token)).rejects.toMatchObject(unavailable);
  });
});
