import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** What the SDK's signer hands over: texts and bytes. */
type Source = string | ArrayBuffer | ArrayBufferView;

/**
 * The signer's hash on `node:crypto`, as `@smithy/core` has one, but with prepared keys: it makes an HMAC of the same
 * secret, and one of the day's signing key, for every URL, and OpenSSL prepares raw bytes anew each time, which costs
 * seven times the HMAC itself. Signing keys are known by identity, as the signer keeps them by day; of secrets the last.
 */
export class Sha256 {
  readonly digestLength = 32;
  readonly #key: KeyObject | undefined;
  readonly #isSecret: boolean;
  #chunks: Uint8Array[] = [];

  constructor(secret?: Source) {
    this.#key = secret === undefined ? undefined : keyOf(secret);
    this.#isSecret = typeof secret === 'string';
  }

  update(data: Uint8Array): void {
    this.#chunks.push(data);
  }

  async digest(): Promise<Uint8Array> {
    const [only = empty] = this.#chunks;
    const data = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : only;
    if (this.#key === undefined) return hash('sha256', data, 'buffer');
    if (!this.#isSecret) return createHmac('sha256', this.#key).update(data).digest();
    if (last?.key === this.#key && Buffer.compare(last.data, data) === 0) return last.digest;
    // A copy: what is remembered must not change with the caller's buffer.
    last = { key: this.#key, data: Buffer.from(data), digest: createHmac('sha256', this.#key).update(data).digest() };
    return last.digest;
  }

  reset(): void {
    this.#chunks = [];
  }
}

const empty = new Uint8Array();

/** The last HMAC under a secret itself: of the access key's name, which the signer asks for with each URL. */
let last: { key: KeyObject; data: Uint8Array; digest: Uint8Array } | undefined;

const keys = new WeakMap<object, KeyObject>();
let latest: { secret: string; key: KeyObject } | undefined;

function keyOf(secret: Source): KeyObject {
  if (typeof secret === 'string') {
    if (latest?.secret !== secret) latest = { secret, key: createSecretKey(Buffer.from(secret)) };
    return latest.key;
  }
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const bytes = ArrayBuffer.isView(secret)
    ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
    : Buffer.from(secret);
  const key = createSecretKey(bytes);
  keys.set(secret, key);
  return key;
}
