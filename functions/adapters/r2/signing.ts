/**
 * SigV4 over plain requests: @smithy/signature-v4 with node:crypto beneath, and none of an S3 client. It caches the
 * derived signing key for each day and credential, so a signature costs one hash and two HMACs.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { encodeRfc3986, type R2Config, region } from './config.ts';
import { sharedCredentials } from './credentials.ts';

/** The hash constructor SignatureV4 asks for: keyed it is an HMAC, else a plain SHA-256. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyBytes(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('A digest is used once.');
  }
}

function keyBytes(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') {
    return secret;
  }
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}

export interface PlainRequest {
  method: string;
  /** Percent-encoded, as `objectPath` gives it. */
  path: string;
  headers: Record<string, string>;
  query?: Record<string, string>;
}

export interface RequestSigner {
  /** Signs by headers, the payload's hash among them; gives the URL and all headers to send except `host`. */
  sign(
    request: PlainRequest,
    options: { payloadHash: string; signingDate: Date },
  ): Promise<{
    url: string;
    headers: Record<string, string>;
  }>;
  /** Signs by query with the payload left open; every header given is signed and so must be sent. */
  presign(request: PlainRequest, options: { signingDate: Date; expiresInSeconds: number }): Promise<string>;
}

/**
 * A signer for one endpoint. Keys are encoded once (`uriEscapePath: false`, S3's exception in the SigV4 rules).
 * Rejects with `ObjectStoreError` when the credentials cannot be read.
 */
export function createRequestSigner(config: R2Config): RequestSigner {
  const endpoint = new URL(config.endpoint);
  const basePath = endpoint.pathname.replace(/\/+$/, '');
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: sharedCredentials(config.credentials, config.clock),
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });

  function complete(request: PlainRequest, payload: Record<string, string>) {
    return {
      method: request.method,
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: basePath + request.path,
      query: { ...request.query },
      headers: { ...request.headers, ...payload, host: endpoint.host },
    };
  }

  return {
    async sign(request, { payloadHash, signingDate }) {
      const signed = await signer.sign(complete(request, { 'x-amz-content-sha256': payloadHash }), { signingDate });
      const { host: _, ...headers } = signed.headers;
      return { url: formatUrl(endpoint.origin, signed.path, signed.query), headers };
    },
    async presign(request, { signingDate, expiresInSeconds }) {
      // Moved to the query under this spelling, as the SDK's presigner writes it.
      const whole = complete(request, { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' });
      const signed = await signer.presign(whole, { signingDate, expiresIn: expiresInSeconds });
      return formatUrl(endpoint.origin, signed.path, signed.query);
    },
  };
}

/** Query parameters in a fixed order, so that equal signatures make equal URLs and a browser's cache hits. */
function formatUrl(origin: string, path: string, query: Record<string, string | string[] | null> = {}): string {
  const parts = Object.keys(query)
    .sort()
    .map((name) => `${encodeRfc3986(name)}=${encodeRfc3986(String(query[name] ?? ''))}`);
  return parts.length === 0 ? `${origin}${path}` : `${origin}${path}?${parts.join('&')}`;
}
