import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const issuer = 'https://tokens.example';
export const audience = 'stowage';

export interface SigningKey {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** A key pair of an issuer, named as in a JWKS. */
export async function createKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** A token with the usual claims for five minutes; `undefined` takes a claim out. */
export function signToken(
  key: SigningKey,
  claims: JWTPayload = {},
  secret: CryptoKey = key.privateKey,
): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const usual = { token_use: 'user', sub: 'user-1', iss: issuer, aud: audience, iat: seconds, exp: seconds + 300 };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(secret);
}

/** A key server whose keys and answers a test changes as it goes. */
export async function startKeyServer(keys: SigningKey[]) {
  const state = {
    keys,
    status: 200,
    body: undefined as string | undefined,
    headers: {} as Record<string, string>,
    /** Of the body, before it is sent. */
    pack: (body: string): string | Buffer => body,
    silent: false,
    stalled: false,
    dropNext: false,
    requests: 0,
    /** Path and query of the last request. */
    asked: undefined as string | undefined,
  };
  const server = createServer((request, response) => {
    state.requests++;
    state.asked = request.url;
    if (state.dropNext) {
      state.dropNext = false;
      request.socket.resetAndDestroy();
      return;
    }
    if (state.silent) {
      return;
    }
    if (state.stalled) {
      response.writeHead(200, { 'content-length': 100 }).flushHeaders();
      return;
    }
    response.statusCode = state.status;
    for (const [name, value] of Object.entries(state.headers)) response.setHeader(name, value);
    const body = state.body ?? JSON.stringify({ keys: state.keys.map(({ publicJwk }) => publicJwk) });
    response.end(state.pack(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    state,
    url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
    async stop() {
      if (server.listening) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}
