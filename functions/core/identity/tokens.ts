/** Who calls, as a verified token says it. Pure: no key, no clock, no vendor. */

export interface UserClaims {
  token_use: 'user';
  sub: string;
}

export interface SessionClaims {
  token_use: 'session';
  sub: string;
  appId: string;
  sessionId: string;
  lockId: string;
  scopes: string[];
}

export interface ServiceClaims {
  token_use: 'service';
  sub?: string;
  scopes: string[];
}

/** The three kinds of token are never accepted in each other's place, so every use begins with a look at `token_use`. */
export type TokenClaims = UserClaims | SessionClaims | ServiceClaims;

/** Verifies a bearer token: `unauthorized` for anything wrong with it, `temporarily_unavailable` when its keys cannot be read. */
export interface TokenVerifier {
  verify(token: string): Promise<TokenClaims>;
}

/** Ids of claims become parts of record keys, so they may hold none of the characters keys are joined with (`#`, `/`). */
export const identifierPattern = /^[A-Za-z0-9._:@|+-]{1,128}$/;

/**
 * Reads the claims of a token whose signature was checked. `undefined` when `token_use` is none of ours, an id is
 * missing or could not be part of a key, or `scope` is not the space-separated string of RFC 8693.
 */
export function parseTokenClaims(payload: Record<string, unknown>): TokenClaims | undefined {
  const id = (name: string): string | undefined => {
    const value = payload[name];
    return typeof value === 'string' && identifierPattern.test(value) ? value : undefined;
  };
  const sub = id('sub');
  const scopes = parseScopes(payload.scope);
  switch (payload.token_use) {
    case 'user':
      return sub === undefined ? undefined : { token_use: 'user', sub };
    case 'session': {
      const [appId, sessionId, lockId] = [id('appId'), id('sessionId'), id('lockId')];
      if (!sub || !appId || !sessionId || !lockId || !scopes) {
        return undefined;
      }
      return { token_use: 'session', sub, appId, sessionId, lockId, scopes };
    }
    case 'service':
      if (!scopes || (payload.sub !== undefined && sub === undefined)) {
        return undefined;
      }
      return { token_use: 'service', ...(sub !== undefined && { sub }), scopes };
    default:
      return undefined;
  }
}

function parseScopes(scope: unknown): string[] | undefined {
  if (scope === undefined) {
    return [];
  }
  return typeof scope === 'string' ? scope.split(' ').filter((part) => part !== '') : undefined;
}
