import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier, type TokenVerifierConfig } from '#adapters/tokens/token-verifier.ts';
import { audience, createKey, issuer, type SigningKey, signToken, startKeyServer } from './key-server.ts';

const unauthorized = { name: 'AppError', code: 'unauthorized' };
const unavailable = { name: 'AppError', code: 'temporarily_unavailable', retryAfterSeconds: 5 };
const accepted = { sub: 'user-1' };
const minutes = 60;
const hours = 60 * minutes;

let key: SigningKey;
let other: SigningKey;
let keyServer: Awaited<ReturnType<typeof startKeyServer>>;
let time: number;

beforeAll(async () => {
  [key, other] = await Promise.all([createKey('k1'), createKey('k2')]);
});
beforeEach(async () => {
  time = Date.now();
  keyServer = await startKeyServer([key]);
});
afterEach(() => keyServer.stop());

const pass = (secondsLater: number) => {
  time += secondsLater * 1000;
};
const verifier = (options: Partial<TokenVerifierConfig> = {}) =>
  createTokenVerifier({
    jwksUrl: keyServer.url,
    issuer,
    audience,
    clock: { now: () => new Date(time) },
    ...options,
  });
/** Valid for two days by the test's clock. */
const signed = (by: SigningKey) => signToken(by, { exp: Math.floor(Date.now() / 1000) + 48 * hours });

/** An instance that has fetched its keys, and then the key server is gone. */
async function afterOutageBegan(options: Partial<TokenVerifierConfig> = {}) {
  const { verify } = verifier(options);
  await verify(await signed(key));
  keyServer.state.status = 503;
  return verify;
}

describe('while the key server is away', () => {
  it('known keys serve for hours, and for a day at most', async () => {
    const token = await signed(key);
    const verify = await afterOutageBegan();
    for (const later of [11 * minutes, 6 * hours, 17 * hours]) {
      pass(later);
      await expect(verify(token)).resolves.toMatchObject(accepted);
    }
    pass(hours);
    await expect(verify(token)).rejects.toMatchObject(unavailable);
  });

  it('known keys serve only as long as is asked for', async () => {
    const token = await signed(key);
    const verify = await afterOutageBegan({ jwksMaxStaleSeconds: 1 * hours });
    pass(2 * hours);
    await expect(verify(token)).rejects.toMatchObject(unavailable);
  });

  it('a key it may have learned of is no reason to call a token bad', async () => {
    const verify = await afterOutageBegan();
    pass(11 * minutes);
    await expect(verify(await signed(other))).rejects.toMatchObject(unavailable);
    await expect(verify(await signed(key))).resolves.toMatchObject(accepted);
  });

  it('a key that was not there a moment ago is still none', async () => {
    const verify = await afterOutageBegan();
    pass(10);
    await expect(verify(await signed(other))).rejects.toMatchObject(unauthorized);
    expect(keyServer.state.requests).toBe(1);
  });

  it('neither good tokens nor a stream of unknown key ids ask for more than one fetch each pause', async () => {
    const token = await signed(key);
    const unknown = await signed(other);
    const verify = await afterOutageBegan();
    pass(11 * minutes);
    const asked: number[] = [];
    for (const pause of [0, 1, 2, 4, 8, 16, 30, 30]) {
      pass(pause);
      const before = keyServer.state.requests;
      for (let count = 0; count < 10; count += 1) {
        await expect(verify(unknown)).rejects.toMatchObject(unavailable);
        await expect(verify(token)).resolves.toMatchObject(accepted);
      }
      asked.push(keyServer.state.requests - before);
    }
    expect(asked).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it.each([
    ['says nothing', { silent: true }],
    ['breaks off in the middle of its keys', { stalled: true }],
  ])('and %s, the first request waits for a moment only, and those after it not at all', async (_, how) => {
    const token = await signed(key);
    const verify = await afterOutageBegan();
    Object.assign(keyServer.state, how);
    pass(11 * minutes);
    const order: string[] = [];
    const requests = async () => {
      for (let count = 0; count < 5; count += 1) await verify(token);
      order.push('requests');
    };
    // Longer than one request may wait, shorter than two or than a fetch takes to give up.
    const later = new Promise((resolve) => setTimeout(resolve, 900)).then(() => order.push('later'));
    await Promise.all([requests(), later]);
    expect(order).toEqual(['requests', 'later']);
  });

  it('an instance without keys answers that it cannot tell, and asks again after a second', async () => {
    keyServer.state.status = 503;
    const token = await signed(key);
    const { verify } = verifier();
    for (let count = 0; count < 5; count += 1) await expect(verify(token)).rejects.toMatchObject(unavailable);
    expect(keyServer.state.requests).toBe(1);
    keyServer.state.status = 200;
    pass(1);
    await expect(verify(token)).resolves.toMatchObject(accepted);
  });

  it.each([
    ['never answers', { silent: true }],
    ['sends headers and no keys', { stalled: true }],
  ])('because it %s, an instance without keys gives up after two tries', async (_, how) => {
    Object.assign(keyServer.state, how);
    await expect(verifier().verify(await signed(key))).rejects.toMatchObject(unavailable);
    expect(keyServer.state.requests).toBe(2);
  });
});

describe('when the key server is back', () => {
  it('a key the issuer took back stops working, and its new one works', async () => {
    const verify = await afterOutageBegan();
    pass(5 * hours);
    await expect(verify(await signed(key))).resolves.toMatchObject(accepted);
    Object.assign(keyServer.state, { status: 200, keys: [other] });
    pass(30);
    await expect(verify(await signed(key))).rejects.toMatchObject(unauthorized);
    await expect(verify(await signed(other))).resolves.toMatchObject(accepted);
  });

  it('an answer without a key set takes no key away', async () => {
    const token = await signed(key);
    const verify = await afterOutageBegan();
    keyServer.state.status = 200;
    for (const body of ['<html>', '{}', '{"keys":7}']) {
      keyServer.state.body = body;
      pass(hours);
      await expect(verify(token)).resolves.toMatchObject(accepted);
    }
  });
});

describe('a key server in health', () => {
  it('is asked again for keys ten minutes old, so that a key taken back is refused by then', async () => {
    const { verify } = verifier();
    const token = await signed(key);
    await verify(token);
    keyServer.state.keys = [other];
    pass(9 * minutes);
    await expect(verify(token)).resolves.toMatchObject(accepted);
    pass(1 * minutes);
    await expect(verify(token)).rejects.toMatchObject(unauthorized);
    expect(keyServer.state.requests).toBe(2);
  });

  it('that drops one connection is asked once more in the same breath', async () => {
    keyServer.state.dropNext = true;
    await expect(verifier().verify(await signed(key))).resolves.toMatchObject(accepted);
    expect(keyServer.state.requests).toBe(2);
  });

  it.each([
    ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } }, 'answered 302'],
    ['does not stop talking', { body: `{"keys":[],"x":"${'x'.repeat(600_000)}"}` }, 'more than 524288 bytes'],
    [
      'unpacks to more',
      { pack: () => gzipSync(Buffer.alloc(600_000, ' ')), headers: { 'content-encoding': 'gzip' } },
      'larger than',
    ],
    ['answers with a page', { body: '<!doctype html>' }, 'not valid JSON'],
  ])('that %s is not followed, and is asked once', async (_, how, said) => {
    Object.assign(keyServer.state, how);
    const refusal: unknown = await verifier()
      .verify(await signed(key))
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ ...unavailable, cause: { cause: { message: expect.stringContaining(said) } } });
    expect(keyServer.state.requests).toBe(1);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ])('may answer in %s, though it was asked not to', async (encoding, pack) => {
    Object.assign(keyServer.state, { pack, headers: { 'content-encoding': encoding } });
    await expect(verifier().verify(await signed(key))).resolves.toMatchObject(accepted);
  });

  it('may begin with a byte order mark', async () => {
    keyServer.state.pack = (body) => `\uFEFF${body}`;
    await expect(verifier().verify(await signed(key))).resolves.toMatchObject(accepted);
  });

  it('is asked by its whole address, query and all', async () => {
    const jwksUrl = `${keyServer.url}?p=one&p=two`;
    await expect(verifier({ jwksUrl }).verify(await signed(key))).resolves.toMatchObject(accepted);
    expect(keyServer.state.asked).toBe('/.well-known/jwks.json?p=one&p=two');
  });
});
