import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { asked, serveRounds } from '../support/sides.ts';

/** One side of `bench/signing.ts`: milliseconds of a page of 50 links. */
export interface Asked {
  /** `stable` links were signed before in their window. */
  side: 'fresh' | 'stable' | 'bare';
}

const { side } = asked<Asked>();
const urlsPerPage = 50;
const accessKeyId = 'AKIDEXAMPLE';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const host = 'account.r2.cloudflarestorage.com';

/** SigV4 for this one kind of URL by hand, with the day's key kept: the least that gives the same URL. */
function bare(): (key: string) => string {
  let kept: { day: string; key: KeyObject } | undefined;
  const keyOf = (day: string) => {
    if (kept?.day !== day) {
      const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
      const derived = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), 'auto'), 's3'), 'aws4_request');
      kept = { day, key: createSecretKey(derived) };
    }
    return kept.key;
  };
  return (key) => {
    const time = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    const day = time.slice(0, 8);
    const scope = `${day}/auto/s3/aws4_request`;
    const path = `/files/${key}`;
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD' +
      `&X-Amz-Credential=${accessKeyId}%2F${encodeURIComponent(scope)}&X-Amz-Date=${time}&X-Amz-Expires=900&X-Amz-SignedHeaders=host`;
    const request = hash('sha256', `GET\n${path}\n${query}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`);
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${request}`;
    return `https://${host}${path}?${query}&X-Amz-Signature=${createHmac('sha256', keyOf(day)).update(text).digest('hex')}`;
  };
}

function ours(mode: 'fresh' | 'stable'): (key: string) => Promise<unknown> {
  const signer = createUrlSigner({
    endpoint: `https://${host}`,
    buckets: { default: 'files' },
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    clock: { now: () => new Date() },
  });
  return (key) => signer.presignGet({ bucket: 'default', key }, { expiresInSeconds: 900, mode });
}

const sign = side === 'bare' ? bare() : ours(side);
const keys = Array.from({ length: urlsPerPage }, (_, i) => `extensions/demo/files/${i}/0123456789abcdef01234567.webp`);
serveRounds(async () => {
  const start = performance.now();
  await Promise.all(keys.map((key) => sign(key)));
  return performance.now() - start;
});
