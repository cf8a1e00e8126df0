/** Tokens of the platform: JWTs checked against its key server (JWKS), with `jose`. */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { AppError } from '#core/files/errors.ts';
import type { Clock } from '#core/files/ports.ts';
import { parseTokenClaims, type TokenVerifier } from '#core/identity/tokens.ts';

export interface TokenVerifierConfig {
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** Seconds by which our clock and the issuer's may differ; 0 when left out. */
  clockToleranceSeconds?: number;
  /** Seconds after a fetch of the keys in which an unknown key id starts no other; 30 when left out. */
  jwksCooldownSeconds?: number;
  clock?: Clock;
}

/** Asymmetric only: with an HMAC on the list, whoever has the public key could sign. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Longer than any token of ours, short enough that parsing a hostile one costs nothing. Characters. */
const maxTokenLength = 8192;
const keysFreshForMs = 10 * 60_000;
const keyServerTimeoutMs = 3_000;
const retryAfterSeconds = 5;

/** The token names no key of the set, or not one alone: that is the token's fault, and not the key server's. */
const faultsOfTheToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The verifier of one issuer. Keys are fetched when first needed, once for callers at the same time, kept ten minutes,
 * and fetched again for an unknown key id (rotation). Anything wrong with a token is `AppError` `unauthorized`; keys
 * that cannot be had are `temporarily_unavailable` with `retryAfterSeconds`.
 */
export function createTokenVerifier(config: TokenVerifierConfig): TokenVerifier {
  const remoteKeys = createRemoteJWKSet(new URL(config.jwksUrl), {
    cacheMaxAge: keysFreshForMs,
    cooldownDuration: (config.jwksCooldownSeconds ?? 30) * 1000,
    timeoutDuration: keyServerTimeoutMs,
  });

  const findKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await remoteKeys(header, token);
    } catch (cause) {
      if (faultsOfTheToken.some((fault) => cause instanceof fault)) {
        throw cause;
      }
      throw new AppError('temporarily_unavailable', 'Tokens cannot be checked right now. Try again shortly.', {
        cause,
        retryAfterSeconds,
      });
    }
  };

  return {
    async verify(token) {
      if (token.length > maxTokenLength) {
        throw unauthorized();
      }
      const { payload } = await jwtVerify(token, findKey, {
        issuer: config.issuer,
        audience: config.audience,
        algorithms,
        clockTolerance: config.clockToleranceSeconds ?? 0,
        requiredClaims: ['exp'],
        ...(config.clock && { currentDate: config.clock.now() }),
      }).catch((cause: unknown) => {
        throw cause instanceof AppError ? cause : unauthorized(cause);
      });
      const claims = parseTokenClaims(payload);
      if (!claims) {
        throw unauthorized();
      }
      return claims;
    },
  };
}

/** One answer for every fault: which check failed is logged (`cause`) and helps nobody who should get in. */
function unauthorized(cause?: unknown): AppError {
  return new AppError('unauthorized', 'The token is malformed, expired or not meant for this service.', { cause });
}
