/**
 * What a page of 50 signed URLs costs, as a ratio to the least any SigV4 signer without a key cache must do: five
 * HMACs and one hash a URL by node:crypto. Run: `node bench/signing.ts`. Ratios compare machines and runs; times do not.
 */
import { createHash, createHmac } from 'node:crypto';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';

const urlsPerPage = 50;
const rounds = 200;
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

const signer = createUrlSigner({
  endpoint: 'https://account.r2.cloudflarestorage.com',
  buckets: { default: 'files' },
  credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey }),
  clock: { now: () => new Date() },
});

/** About as long as the canonical request of such a URL. */
const canonicalRequest = 'GET\n'.padEnd(420, 'x');

function floor(): string {
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const signingKey = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, '20260304'), 'auto'), 's3'), 'aws4_request');
  const hash = createHash('sha256').update(canonicalRequest).digest('hex');
  return hmac(signingKey, `AWS4-HMAC-SHA256\n20260304T050607Z\n20260304/auto/s3/aws4_request\n${hash}`).toString('hex');
}

async function page(mode: 'fresh' | 'stable'): Promise<void> {
  const keys = Array.from({ length: urlsPerPage }, (_, i) => `apps/demo/files/${i}/0123456789abcdef01234567.webp`);
  await Promise.all(keys.map((key) => signer.presignGet({ bucket: 'default', key }, { expiresInSeconds: 900, mode })));
}

/** The median of many rounds, in microseconds; rounds of all candidates alternate, so that none has the quiet minute. */
async function medians(candidates: Record<string, () => unknown>): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {};
  for (let round = -20; round < rounds; round++) {
    for (const [name, run] of Object.entries(candidates)) {
      const start = process.hrtime.bigint();
      await run();
      const micros = Number(process.hrtime.bigint() - start) / 1000;
      if (round >= 0) {
        times[name] = [...(times[name] ?? []), micros];
      }
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0]),
  );
}

const result = await medians({
  floor: () => {
    for (let i = 0; i < urlsPerPage; i++) {
      floor();
    }
  },
  fresh: () => page('fresh'),
  stable: () => page('stable'),
});
const { floor: floorMicros = 1 } = result;
for (const [name, micros] of Object.entries(result)) {
  const ratio = (micros / floorMicros).toFixed(2);
  process.stdout.write(`${name.padEnd(7)} ${urlsPerPage} URLs in ${(micros / 1000).toFixed(2)} ms, ${ratio} x floor\n`);
}
