/** The buckets of the one-machine cloud, as somebody would have made them in R2 before the stack is deployed. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Closable } from './aws.ts';
import { readOrCreate } from './files.ts';
import { startPublicBucket } from './r2/public.ts';
import { type R2Options, startR2 } from './r2/server.ts';
import type { Credentials } from './r2/types.ts';

/** What an operator does to rotate R2's credentials, step by step. Lost when the cloud stops. */
export interface R2Tokens {
  /** In R2: a new token, good beside the old ones. */
  create(): Credentials;
  /** In Secrets Manager: the secret's new value. */
  store(credentials: Credentials): void;
  /** In R2: a token is no good any more, and with it every link it signed. */
  revoke(accessKeyId: string): void;
}

export interface Buckets extends Closable {
  endpoint: string;
  publicBaseUrl: string;
  credentials: Credentials;
  tokens: Omit<R2Tokens, 'store'>;
}

/** Starts three buckets and the public one's domain. Pages of this machine may use them, as the CORS rules of R2 would say. */
export async function startBuckets({
  dir,
  host,
  ports,
  names,
  ...watching
}: {
  dir: string;
  host: string;
  ports: { r2: number; public: number };
  names: { bucket: string; publicBucket: string; complianceBucket: string };
} & Pick<R2Options, 'onRequest' | 'intercept'>): Promise<Buckets> {
  const credentials = await readOrCreate(path.join(dir, 'r2-credentials.json'), newCredentials);
  const accepted = [credentials];
  const cors = [
    {
      allowedOrigins: ['*'],
      allowedMethods: ['GET', 'HEAD', 'PUT'],
      allowedHeaders: ['content-type', 'if-none-match', 'range'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 3600,
    },
  ];
  // As docs/operating.md has it, and the rule that R2 gives every bucket. Nothing here acts on them: ours come first.
  const lifecycle = [
    { id: 'Default Multipart Abort Rule', abortMultipartDays: 7 },
    { id: 'incoming', prefix: 'incoming/', expireDays: 1 },
  ];
  const data = path.join(dir, 'r2');
  const server = await startR2({
    ...watching,
    dir: data,
    host,
    port: ports.r2,
    credentials: accepted,
    buckets: [
      { name: names.bucket, cors, lifecycle },
      { name: names.publicBucket, cors },
      { name: names.complianceBucket },
    ],
  });
  try {
    const published = await startPublicBucket({
      dir: data,
      bucket: names.publicBucket,
      host,
      port: ports.public,
      headers: { 'x-content-type-options': 'nosniff' },
    });
    return {
      endpoint: server.endpoint,
      publicBaseUrl: published.endpoint,
      credentials,
      tokens: {
        create() {
          const created = newCredentials();
          accepted.push(created);
          return created;
        },
        revoke(accessKeyId) {
          accepted.splice(0, accepted.length, ...accepted.filter((each) => each.accessKeyId !== accessKeyId));
        },
      },
      close: async () => void (await Promise.all([server.close(), published.close()])),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function newCredentials(): Credentials {
  return { accessKeyId: randomBytes(16).toString('hex'), secretAccessKey: randomBytes(32).toString('hex') };
}
