import type { DeveloperKeyStore } from '#core/extensions/ports.ts';
import { AppError } from '#core/files/errors.ts';
import type { ServiceCaller, SessionCaller, UserCaller } from '#core/identity/callers.ts';
import type { SessionClaims, TokenVerifier } from '#core/identity/tokens.ts';
import type { Auth } from '#functions/routes.ts';
import { bearerToken, developerKeyApp, developerKeyHash, type Headers, sameHash, unauthorized } from './bearer.ts';

export interface AuthDeps {
  tokens: TokenVerifier;
  developerKeys: DeveloperKeyStore;
}

/** Who an endpoint's `run` is given, by the `auth` of its row. */
export type CallerOf<A extends Auth> = A extends 'user'
  ? UserCaller
  : A extends 'user.or.platform'
    ? UserCaller | ServiceCaller
    : A extends 'session.read' | 'session.write'
      ? SessionCaller
      : A extends 'platform' | 'admin'
        ? ServiceCaller
        : undefined;

export type Caller = UserCaller | SessionCaller | ServiceCaller | undefined;

/**
 * The header in which an extension backend hands on the session token of its iframe (docs/contract.md, "Who calls").
 */
const mainTokenHeader = 'x-chastify-main-token';

/**
 * Proves who calls (docs/contract.md, "Who calls"). `unauthorized` for missing or bad proof, `insufficient_scope` for
 * good proof that may not do this, `not_found` when the path names another session than the token.
 */
export async function authenticate(
  auth: Auth,
  request: { headers: Headers; params: Record<string, string | undefined> },
  deps: AuthDeps,
): Promise<Caller> {
  switch (auth) {
    case 'public':
      return undefined;
    case 'user':
      return await userCaller(request.headers, deps);
    case 'user.or.platform':
      return await userOrPlatform(request.headers, deps);
    case 'session.read':
    case 'session.write':
      return await sessionCaller(auth, request, deps);
    case 'platform':
    case 'admin':
      return await serviceCaller(auth, request.headers, deps);
  }
}

async function userCaller(headers: Headers, { tokens }: AuthDeps): Promise<UserCaller> {
  const claims = await tokens.verify(bearerToken(headers));
  if (claims.token_use !== 'user') throw unauthorized('This endpoint takes a user token.');
  return { userId: claims.sub };
}

async function userOrPlatform(headers: Headers, { tokens }: AuthDeps): Promise<UserCaller | ServiceCaller> {
  const claims = await tokens.verify(bearerToken(headers));
  if (claims.token_use === 'user') return { userId: claims.sub };
  if (claims.token_use !== 'service') throw unauthorized('This endpoint takes a user token or a service token.');
  if (!claims.scopes.includes('platform')) throw insufficient('The service token needs the scope "platform".');
  return { subject: claims.sub };
}

async function serviceCaller(scope: 'platform' | 'admin', headers: Headers, { tokens }: AuthDeps) {
  const claims = await tokens.verify(bearerToken(headers));
  if (claims.token_use !== 'service') throw unauthorized('This endpoint takes a service token.');
  if (!claims.scopes.includes(scope)) throw insufficient(`The service token needs the scope "${scope}".`);
  return { subject: claims.sub } satisfies ServiceCaller;
}

async function sessionCaller(
  auth: 'session.read' | 'session.write',
  request: { headers: Headers; params: Record<string, string | undefined> },
  deps: AuthDeps,
): Promise<SessionCaller> {
  const bearer = bearerToken(request.headers);
  const fromBackend = developerKeyApp(bearer) !== undefined;
  const claims = fromBackend
    ? await backendClaims(bearer, request.headers, deps)
    : await sessionClaims(bearer, deps, 'This endpoint takes a developer key or a session token.');

  const scope = auth === 'session.write' ? 'locks:write' : 'locks:read';
  if (!claims.scopes.includes(scope)) throw insufficient(`The session token needs the scope "${scope}".`);
  if (auth === 'session.write' && !fromBackend) {
    throw insufficient('A session token alone may only read. Write from your backend with a developer key.');
  }
  if (request.params.sessionId !== claims.sessionId) throw new AppError('not_found', 'There is no such session here.');
  return { userId: claims.sub, appId: claims.appId, sessionId: claims.sessionId, lockId: claims.lockId };
}

async function backendClaims(key: string, headers: Headers, deps: AuthDeps): Promise<SessionClaims> {
  const mainToken = headers[mainTokenHeader];
  if (mainToken === undefined || mainToken === '') {
    throw unauthorized(`Send the iframe's session token in "${mainTokenHeader}" beside the developer key.`);
  }
  const claims = await sessionClaims(mainToken, deps, `"${mainTokenHeader}" takes a session token.`);
  const appId = developerKeyApp(key) ?? '';
  const { keyId, secretHash } = developerKeyHash(key);
  const found = await deps.developerKeys.find(appId, keyId);
  if (found === undefined || !sameHash(found.secretHash, secretHash)) {
    throw unauthorized('The developer key is unknown or revoked.');
  }
  if (claims.appId !== appId) throw unauthorized('The developer key and the session token are of different apps.');
  return claims;
}

async function sessionClaims(token: string, { tokens }: AuthDeps, message: string): Promise<SessionClaims> {
  const claims = await tokens.verify(token);
  if (claims.token_use !== 'session') throw unauthorized(message);
  return claims;
}

const insufficient = (message: string) => new AppError('insufficient_scope', message);
