/** The platform's token service: signs any token asked for and publishes its key set. Local only. */
import { createServer } from 'node:http';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import * as z from 'zod';
import type { Closable } from '../aws.ts';
import { type Broken, breakOff, isBroken } from '../broken.ts';
import { readOrCreate } from '../files.ts';
import { closeServer, listen } from '../listen.ts';

export const tokenAudience = 'stowage-local';

const twelveHours = 12 * 60 * 60;

/** What may be asked for: the use, how long, and any other claim as it is; `iss` and `aud` too, to make bad tokens. */
export const tokenRequest = z.looseObject({
  token_use: z.enum(['user', 'session', 'service']),
  /** Seconds from now; negative for a token that is already over. */
  expiresIn: z.number().int().default(twelveHours),
});

/** A fault of the key server: an answer without keys, or a connection that breaks. */
export type IssuerFault = { status: number } | Broken;

export interface IssuerOptions {
  dir: string;
  host: string;
  port: number;
  /** Told of every request for the keys. */
  onRequest?: () => void;
  /** Asked before every answer, to provoke faults. */
  intercept?: () => IssuerFault | undefined;
}

export interface TokenIssuer extends Closable {
  issuer: string;
  audience: string;
  jwksUrl: string;
  sign(request: z.input<typeof tokenRequest>): Promise<string>;
}

const defaults: Record<string, Record<string, unknown>> = {
  user: {},
  session: { scope: 'locks:read locks:write' },
  service: { sub: 'platform' },
};

/** Starts the key set endpoint; the key pair is kept in `<dir>/issuer.json`, so tokens outlive a restart. */
export async function startIssuer(options: IssuerOptions): Promise<TokenIssuer> {
  const jwk = await readOrCreate(path.join(options.dir, 'issuer.json'), createKey);
  const { d: _private, ...publicJwk } = jwk;
  const keySet = JSON.stringify({ keys: [{ ...publicJwk, use: 'sig', alg: 'ES256' }] });
  const key = await importJWK(jwk, 'ES256');
  const server = createServer((request, response) => {
    options.onRequest?.();
    const fault = options.intercept?.();
    if (isBroken(fault)) {
      breakOff(request, response, fault);
      return;
    }
    const status = fault?.status ?? (request.url === '/.well-known/jwks.json' ? 200 : 404);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 200 ? keySet : '{}');
  });
  const { endpoint: issuer } = await listen(server, options);

  return {
    issuer,
    audience: tokenAudience,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    async sign(request) {
      const { expiresIn, ...claims } = tokenRequest.parse(request);
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: Math.min(now, now + expiresIn), exp: now + expiresIn };
      return new SignJWT({ iss: issuer, aud: tokenAudience, ...times, ...defaults[claims.token_use], ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '', typ: 'JWT' })
        .sign(key);
    },
    close: () => closeServer(server),
  };
}

async function createKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk) };
}
