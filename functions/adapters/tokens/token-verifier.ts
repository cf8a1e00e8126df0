/** Tokens of the platform: JWTs checked against its key server (JWKS), with `jose`. */
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { AppError } from '#core/files/errors.ts';
import type { Clock } from '#core/files/ports.ts';
import { parseTokenClaims, type TokenVerifier } from '#core/identity/tokens.ts';
import { createKeySet } from './key-set.ts';

export interface TokenVerifierConfig {
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** Seconds by which our clock and the issuer's may differ; 30 when left out. */
  clockToleranceSeconds?: number;
  /** Seconds after a fetch of the keys in which nothing starts another; 30 when left out. */
  jwksCooldownSeconds?: number;
  /** Seconds for which keys serve that could not be fetched again; a day when left out. */
  jwksMaxStaleSeconds?: number;
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
const clockToleranceSeconds = 30;
const jwksCooldownSeconds = 30;
const jwksMaxStaleSeconds = 86_400;
const retryAfterSeconds = 5;

/** The token names no key of the set, or not one alone: that is the token's fault, and not the key server's. */
const faultsOfTheToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The verifier of one issuer; see `createKeySet` for how it comes by the keys. Anything wrong with a token is `AppError`
 * `unauthorized`; keys that cannot be had are `temporarily_unavailable` with `retryAfterSeconds`.
 */
export function createTokenVerifier(config: TokenVerifierConfig): TokenVerifier {
  const { clock } = config;
  const keys = createKeySet({
    jwksUrl: config.jwksUrl,
    cooldownSeconds: config.jwksCooldownSeconds ?? jwksCooldownSeconds,
    maxStaleSeconds: config.jwksMaxStaleSeconds ?? jwksMaxStaleSeconds,
    now: () => clock?.now().getTime() ?? Date.now(),
  });

  const findKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
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
        clockTolerance: config.clockToleranceSeconds ?? clockToleranceSeconds,
        requiredClaims: ['exp'],
        ...(clock && { currentDate: clock.now() }),
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
