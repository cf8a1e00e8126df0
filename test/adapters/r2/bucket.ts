import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { R2Config } from '#adapters/r2/config.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { startR2 } from '#local/r2/server.ts';
import type { Intercept, RequestLine } from '#local/r2/types.ts';

export const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** The R2 stand-in with our adapters before it. `faults` are played one a request, in their order. */
export async function startBucket(accepted = credentials) {
  const dir = await mkdtemp(join(tmpdir(), 'r2-adapter-'));
  const faults: ReturnType<Intercept>[] = [];
  const lines: RequestLine[] = [];
  const server = await startR2({
    dir,
    credentials: accepted,
    buckets: [{ name: 'files' }, { name: 'public-files' }, { name: 'locked-files', lockedSeconds: 3600 }],
    intercept: () => faults.shift(),
    onRequest: (line) => lines.push(line),
  });
  const config: R2Config = {
    endpoint: server.endpoint,
    buckets: { default: 'files', public: 'public-files', compliance: 'locked-files' },
    credentials: async () => credentials,
    timeouts: { baseMs: 2_000 },
  };
  return {
    config,
    faults,
    lines,
    /** `PutObject 200` and so on, of every request so far. */
    story: () => lines.map(({ operation, status }) => `${operation} ${status}`),
    store: createObjectStore(config),
    signer: createUrlSigner({ ...config, clock: { now: () => new Date() } }),
    async stop() {
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
