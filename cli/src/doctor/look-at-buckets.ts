/** Rules that were set on the buckets by hand (docs/operating.md, "First deploy", steps 1 to 3), and a real preflight. */
import { ask, Unreachable } from './ask.ts';
import type { CloudflareReader, CorsRule, LifecycleRule, RuleReader } from './bucket-rules.ts';
import { clockFinding } from './clock.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

export interface R2Place {
  endpoint: string;
  bucket: string;
  publicBucket?: string | null | undefined;
  complianceBucket?: string | null | undefined;
  publicBaseUrl?: string | null | undefined;
  secretName?: string | undefined;
}

/** Seven years, as a document is retained (docs/contract.md, "Compliance documents"). */
const retainedSeconds = 2557 * 86_400;

type Role = 'default' | 'public' | 'compliance';

const rolesOf = ({ bucket, publicBucket, complianceBucket }: R2Place): [Role, string][] => [
  ['default', bucket],
  ...(publicBucket ? ([['public', publicBucket]] as [Role, string][]) : []),
  ...(complianceBucket && complianceBucket !== bucket ? ([['compliance', complianceBucket]] as [Role, string][]) : []),
];

/** All that is set on the buckets. Of several readers the first that may read is believed. */
export async function lookAtBuckets(
  place: R2Place,
  origins: readonly string[],
  { readers, cloudflare }: { readers: readonly RuleReader[]; cloudflare: CloudflareReader | undefined },
): Promise<Finding[]> {
  const cors = await firstOf(readers, (reader) => reader.cors(place.bucket));
  const lifecycles = rolesOf(place).map(async ([role, bucket]) =>
    lifecycleFinding(role, bucket, await firstOf(readers, (reader) => reader.lifecycle(bucket)), readers),
  );
  return [
    corsFinding(place.bucket, cors, origins, readers),
    ...(await lookAtPreflight(place, origins)),
    ...(await Promise.all(lifecycles)),
    ...(await lookAtLocks(place, cloudflare)),
  ];
}

async function firstOf<T>(
  readers: readonly RuleReader[],
  read: (reader: RuleReader) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const reader of readers) {
    const rules = await read(reader);
    if (rules !== undefined) return rules;
  }
  return undefined;
}

const unread = (name: string, readers: readonly RuleReader[]) =>
  skipped(
    name,
    readers.length === 0
      ? 'Rules are read with R2 credentials of Admin Read (R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY), or with --cloudflare-token.'
      : `These credentials may not read it, which is right for the stage's own. It takes ${readers.map(({ takes }) => takes).join(', or ')}.`,
    'CLOUDFLARE_API_TOKEN=… stowage doctor',
  );

const setCors = (bucket: string) =>
  `wrangler r2 bucket cors set ${bucket} --file cors.json   # docs/operating.md, "First deploy", step 2`;

function corsFinding(
  bucket: string,
  rules: CorsRule[] | undefined,
  origins: readonly string[],
  readers: readonly RuleReader[],
): Finding {
  const name = 'cors.default';
  if (rules === undefined) return unread(name, readers);
  if (rules.length === 0)
    return failed(name, `${bucket} has no CORS rules: no page can PUT a file directly.`, setCors(bucket));
  const wanted = origins.length > 0 ? origins : rules.flatMap((rule) => rule.origins);
  const faults = wanted.flatMap((origin) => {
    const matching = rules.filter((rule) => rule.origins.includes(origin) || rule.origins.includes('*'));
    if (matching.length === 0) return [`no rule for ${origin}`];
    const rule = matching.find(({ methods }) => methods.includes('PUT') && methods.includes('GET'));
    if (rule === undefined) return [`no rule lets ${origin} both GET and PUT`];
    const headers = rule.headers.map((header) => header.toLowerCase());
    return [
      ...(headers.includes('content-type') ? [] : [`${origin} may not send content-type (a bare * does not match)`]),
    ];
  });
  if (faults.length > 0) return failed(name, `${bucket}: ${[...new Set(faults)].join('; ')}.`, setCors(bucket));
  if (!rules.some(({ exposed }) => exposed.some((header) => header.toLowerCase() === 'etag'))) {
    return warning(name, `${bucket} exposes no ETag: pages that upload in parts cannot read it.`, setCors(bucket));
  }
  return ok(
    name,
    `${bucket} lets pages GET and PUT: ${[...new Set(rules.flatMap((rule) => rule.origins))].join(', ')}.`,
  );
}

/** What a browser asks before it PUTs. It needs no signature. */
async function lookAtPreflight({ endpoint, bucket }: R2Place, origins: readonly string[]): Promise<Finding[]> {
  const name = 'preflight.default';
  const [first = 'https://doctor.invalid'] = origins;
  const findings = await Promise.all(
    (origins.length > 0 ? origins : [first]).map(async (origin) => {
      const headers = {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      };
      const url = `${endpoint}/${bucket}/incoming/doctor`;
      const seen = await ask(url, { method: 'OPTIONS', headers }).catch((error: unknown) => {
        if (error instanceof Unreachable) return error;
        throw error;
      });
      if (seen instanceof Unreachable) {
        return { finding: failed(name, `R2 does not answer: ${seen.message}.`, `curl -i ${endpoint}`) };
      }
      const allowed = seen.headers.get('access-control-allow-origin');
      const lets = seen.status < 300 && (allowed === origin || allowed === '*');
      const skew = seen.skewSeconds;
      if (origins.length === 0)
        return { skew, finding: skipped(name, 'No page is named.', 'stowage doctor --origin https://app.example.com') };
      if (lets) return { skew, finding: ok(name, `R2 lets ${origin} PUT.`) };
      return {
        skew,
        finding: failed(name, `R2 answers ${seen.status} to the preflight of a PUT from ${origin}.`, setCors(bucket)),
      };
    }),
  );
  return [...findings.map(({ finding }) => finding), clockFinding('r2', findings[0]?.skew)];
}

function lifecycleFinding(
  role: Role,
  bucket: string,
  rules: LifecycleRule[] | undefined,
  readers: readonly RuleReader[],
): Finding {
  const name = `lifecycle.${role}`;
  if (rules === undefined) return unread(name, readers);
  const deleting = rules.filter(({ deletes, prefix }) => deletes && !prefix.startsWith('incoming/'));
  if (deleting.length > 0) {
    const which = deleting.map(({ id, prefix }) => `${id} (${prefix === '' ? 'everything' : prefix})`).join(', ');
    const found = `${bucket}: a rule deletes files that somebody still has: ${which}.`;
    return failed(name, found, `wrangler r2 bucket lifecycle remove ${bucket} --name ${deleting[0]?.id}`);
  }
  if (role === 'default' && !rules.some(({ deletes, prefix }) => deletes && prefix === 'incoming/')) {
    const found = `${bucket} has no rule for incoming/, the net under our own clean-up.`;
    return warning(name, found, `wrangler r2 bucket lifecycle add ${bucket} incoming incoming/ --expire-days 1`);
  }
  return ok(name, `${bucket}: no rule takes what somebody has.`);
}

async function lookAtLocks(place: R2Place, cloudflare: CloudflareReader | undefined): Promise<Finding[]> {
  const name = 'lock.compliance';
  const { complianceBucket, bucket } = place;
  if (!complianceBucket || complianceBucket === bucket) {
    return [skipped(name, 'Compliance documents have no bucket of their own: nothing but Stowage keeps them.')];
  }
  if (cloudflare === undefined) {
    return [
      skipped(
        name,
        'A lock is in no S3 call: it is read with --cloudflare-token.',
        'CLOUDFLARE_API_TOKEN=… stowage doctor',
      ),
    ];
  }
  const findings = await Promise.all(
    rolesOf(place).map(async ([role, of]) => {
      const rules = await cloudflare.locks(of);
      if (rules === undefined)
        return skipped(`lock.${role}`, `Cloudflare's token may not read it: it takes ${cloudflare.takes}.`);
      return role === 'compliance' ? complianceLock(of, rules) : hindrance(role, of, rules);
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

type Locks = NonNullable<Awaited<ReturnType<CloudflareReader['locks']>>>;

function complianceLock(bucket: string, rules: Locks): Finding {
  const name = 'lock.compliance';
  const todo = `wrangler r2 bucket lock add ${bucket} keep compliance/ --retention-days 2557`;
  const covering = rules.filter(({ prefix }) => 'compliance/'.startsWith(prefix));
  if (covering.length === 0)
    return failed(name, `${bucket} has no lock over compliance/: whoever has the token can delete documents.`, todo);
  const longest = Math.max(...covering.map(({ seconds }) => seconds));
  const days = Math.floor(longest / 86_400);
  if (longest < retainedSeconds)
    return failed(name, `${bucket} locks compliance/ for ${days} days and not for seven years.`, todo);
  return ok(name, `${bucket} keeps compliance/ for ${Number.isFinite(days) ? `${days} days` : 'good'}.`);
}

/** Files of these are deleted when their owners say so. */
function hindrance(role: Role, bucket: string, rules: Locks): Finding | undefined {
  const [rule] = rules;
  if (rule === undefined) return undefined;
  return failed(
    `lock.${role}`,
    `${bucket} has a lock (${rule.id}): deletions are refused as long as it lasts.`,
    `wrangler r2 bucket lock remove ${bucket} --name ${rule.id}`,
  );
}
