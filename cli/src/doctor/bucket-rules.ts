/** Rules of buckets, read through R2's S3 endpoint or through Cloudflare's API, in one form. */
import { ask, jsonOf } from './ask.ts';

export interface CorsRule {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
}

/** A rule that is on. */
export interface LifecycleRule {
  id: string;
  prefix: string;
  /** It deletes objects after some time, and does not only abort uploads in parts. */
  deletes: boolean;
}

/** A rule that is on. */
export interface LockRule {
  id: string;
  prefix: string;
  /** How long; infinite where it is for good, or until a date. */
  seconds: number;
}

/** Reads one kind of rules; undefined where these credentials may not. Throws where nothing answers. */
export interface RuleReader {
  /** What would let it read, for people. */
  takes: string;
  cors(bucket: string): Promise<CorsRule[] | undefined>;
  lifecycle(bucket: string): Promise<LifecycleRule[] | undefined>;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Through the S3 endpoint. A token for objects alone, as the stage's should be, is refused there (Cloudflare: "R2 API tokens");
 * one with Admin Read is not.
 */
export async function s3Reader(endpoint: string, credentials: Credentials): Promise<RuleReader> {
  const { GetBucketCorsCommand, GetBucketLifecycleConfigurationCommand, S3Client } = await import('@aws-sdk/client-s3');
  const s3 = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials, maxAttempts: 3 });
  return {
    takes: 'R2 credentials with Admin Read',
    cors: (Bucket) =>
      read(async () => {
        const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket }));
        return CORSRules.map((rule) => ({
          origins: rule.AllowedOrigins ?? [],
          methods: rule.AllowedMethods ?? [],
          headers: rule.AllowedHeaders ?? [],
          exposed: rule.ExposeHeaders ?? [],
        }));
      }),
    lifecycle: (Bucket) =>
      read(async () => {
        const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
        return Rules.filter(({ Status }) => Status === 'Enabled').map((rule) => ({
          id: rule.ID ?? 'without id',
          prefix: rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? '',
          deletes: rule.Expiration?.Days !== undefined || rule.Expiration?.Date !== undefined,
        }));
      }),
  };
}

async function read<T>(rules: () => Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await rules();
  } catch (error) {
    const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (/^NoSuch(CORS|Lifecycle)Configuration$/.test(name)) return [];
    if ([401, 403, 501].includes($metadata?.httpStatusCode ?? 0)) return undefined;
    // The client's own error holds the answer whole.
    throw new Error(`R2 does not tell its rules: ${name || 'no answer'}.`);
  }
}

export interface CloudflareReader extends RuleReader {
  locks(bucket: string): Promise<LockRule[] | undefined>;
}

/** Where Cloudflare's API is; wrangler reads the same variable. */
const defaultApi = 'https://api.cloudflare.com/client/v4';

/** Cloudflare's API, "R2 Bucket": a bucket's `cors`, `lifecycle` and `lock`. The last is in no S3 call. */
export function cloudflareReader({ token, endpoint }: { token: string; endpoint: string }): CloudflareReader {
  const [account = '', jurisdiction] = new URL(endpoint).hostname.split('.');
  const base = (process.env.CLOUDFLARE_API_BASE_URL || defaultApi).replace(/\/+$/, '');
  const regional =
    jurisdiction !== undefined && jurisdiction !== 'r2' && /\.r2\.cloudflarestorage\.com$/.test(endpoint);

  async function rules(bucket: string, kind: string): Promise<Record<string, unknown>[] | undefined> {
    const id = process.env.CLOUDFLARE_ACCOUNT_ID || account;
    const headers = { authorization: `Bearer ${token}`, ...(regional && { 'cf-r2-jurisdiction': jurisdiction }) };
    const seen = await ask(`${base}/accounts/${id}/r2/buckets/${encodeURIComponent(bucket)}/${kind}`, { headers });
    if (seen.status === 401 || seen.status === 403) return undefined;
    // No such configuration; of a bucket that is not there the stage itself knows.
    if (seen.status === 404) return [];
    const { result } = (jsonOf(seen.text) ?? {}) as { result?: { rules?: Record<string, unknown>[] } };
    if (seen.status !== 200 || result === undefined)
      throw new Error(`Cloudflare's API answers ${seen.status} to ${kind} of ${bucket}.`);
    return result.rules ?? [];
  }

  const on = (found: Record<string, unknown>[] | undefined) => found?.filter(({ enabled }) => enabled !== false);
  return {
    takes: '--cloudflare-token with Workers R2 Storage Read',
    async cors(bucket) {
      return (await rules(bucket, 'cors'))?.map((rule) => {
        const { origins = [], methods = [], headers = [] } = (rule.allowed ?? {}) as Partial<CorsRule>;
        return { origins, methods, headers, exposed: (rule.exposeHeaders as string[] | undefined) ?? [] };
      });
    },
    async lifecycle(bucket) {
      return on(await rules(bucket, 'lifecycle'))?.map((rule) => ({
        id: String(rule.id ?? 'without id'),
        prefix: (rule.conditions as { prefix?: string } | undefined)?.prefix ?? '',
        deletes: rule.deleteObjectsTransition !== undefined && rule.deleteObjectsTransition !== null,
      }));
    },
    async locks(bucket) {
      return on(await rules(bucket, 'lock'))?.map((rule) => {
        const { type, maxAgeSeconds = 0 } = (rule.condition ?? {}) as { type?: string; maxAgeSeconds?: number };
        const seconds = type === 'Age' ? maxAgeSeconds : type === 'Indefinite' ? Number.POSITIVE_INFINITY : 0;
        return { id: String(rule.id ?? 'without id'), prefix: String(rule.prefix ?? ''), seconds };
      });
    },
  };
}
