import { createHash } from 'node:crypto';
import { AppError } from '#core/files/errors.ts';
import { idOfNamedKey, keySegment } from '#core/files/ids.ts';
import { type NewFile, pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore, SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { type OrganizationFile, objectOf, stuckAfterMs } from '#core/files/record.ts';
import { reserve } from '#core/files/reserve.ts';
import type { FileStore } from '#core/files/store.ts';
import { downloadSeconds } from './documents.ts';
import { notActiveMember, notFound, storageRefusal } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/** What the gateway and Lambda carry of a text, less what escaping may add (AWS Lambda developer guide, "Lambda quotas"). */
export const maxExportBytes = 4 * 1024 * 1024;

/** A step of this much may still be going on; longer than any function may run. */
const marginMs = 60_000;

interface Deps {
  organizations: OrganizationStore;
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
}

interface Job {
  orgId: string;
  jobId: string;
}

/**
 * Stores the CSV of a job under `exports/<orgId>/<jobId>.csv` (docs/contract.md, "Exports"). A job has one CSV for
 * good: the same bytes again are answered the same, and finish what an earlier request left half done. Throws
 * `idempotency_key_reused` for other bytes, `request_in_progress` and `temporarily_unavailable`.
 */
export async function storeExport(
  deps: Deps,
  job: Job & { bytes: Uint8Array; subject: string },
): Promise<OrganizationFile> {
  const now = deps.clock.now();
  // Another request may finish it, so it is not over with the one that began it.
  const wanted = { ...pendingRecord<OrganizationFile>(now, newExport(job)), dueAt: now.getTime() + stuckAfterMs };
  const file = (await stage(deps, wanted, job)) ? wanted : await findEarlier(deps, wanted, job);
  if (file.state === 'ready') return file;
  try {
    await deps.objects.put(
      objectOf(file),
      job.bytes,
      {
        contentType: 'text/csv; charset=utf-8',
        contentDisposition: `attachment; filename="${job.jobId}.csv"`,
        cacheControl: 'private, max-age=31536000, immutable',
      },
      { repeatable: true },
    );
  } catch (error) {
    throw storageRefusal(error);
  }
  const ready = await deps.files.markReady(file, deps.clock.now());
  return ready ?? (await findEarlier(deps, wanted, job));
}

/** False when the job has a record already. */
async function stage({ organizations, files }: Deps, wanted: OrganizationFile, job: Job): Promise<boolean> {
  const mayBeUnderFormerName = idsOf(job).length > 1;
  if (mayBeUnderFormerName && (await readPlaces(organizations, job)).own !== undefined) return false;
  return (await reserve(files, wanted)) === undefined;
}

/**
 * A download that works for a minute, for members (docs/contract.md, "Exports"). Throws `not_found` before the CSV is
 * there.
 */
export async function exportUrl(
  { organizations, signer }: { organizations: OrganizationStore; signer: UrlSigner },
  { orgId, jobId, userId }: Job & { userId: string },
): Promise<SignedUrl> {
  const [member, { own }] = await Promise.all([
    organizations.isActiveMember(orgId, userId),
    readPlaces(organizations, { orgId, jobId }),
  ]);
  if (!member) throw notActiveMember();
  if (own?.state !== 'ready') throw notFound('export');
  return await signer.presignGet(objectOf(own), { expiresInSeconds: downloadSeconds, mode: 'fresh' });
}

const keyOf = ({ orgId, jobId }: Job): string => `exports/${keySegment(orgId)}/${keySegment(jobId)}.csv`;

/** Ids of dots alone were once spelt with underscores in keys, as other ids are of themselves. */
const formerSegment = (id: string) => (/^\.+$/.test(id) ? id.replaceAll('.', '_') : id);

/**
 * Where a job's record may be: its id follows from the key, so that it is found by a strongly consistent read and
 * cannot exist twice. An export that was stored under the former spelling stays there, and its record says where.
 */
function idsOf(job: Job): string[] {
  const former = `exports/${formerSegment(job.orgId)}/${formerSegment(job.jobId)}.csv`;
  return [...new Set([keyOf(job), former])].map(idOfNamedKey);
}

/** What lies at the job's places, and which of it is the job's: an id that was derived proves no owner. */
async function readPlaces(organizations: OrganizationStore, job: Job) {
  const found = (await organizations.getFiles(idsOf(job))).filter((file) => file !== undefined);
  const own = found.find(
    ({ ownerType, orgId, originalName }) =>
      ownerType === 'export' && orgId === job.orgId && originalName === nameOf(job),
  );
  return { own, found };
}

const nameOf = ({ jobId }: Job) => `${jobId}.csv`;

function newExport({ orgId, jobId, bytes, subject }: Job & { bytes: Uint8Array; subject: string }) {
  return {
    id: idOfNamedKey(keyOf({ orgId, jobId })),
    scope: 'organization',
    orgId,
    userId: subject,
    ownerType: 'export',
    bucket: 'default',
    key: keyOf({ orgId, jobId }),
    originalName: nameOf({ orgId, jobId }),
    mimeType: 'text/csv',
    sizeBytes: bytes.byteLength,
    contentHash: createHash('sha256').update(bytes).digest('hex'),
  } satisfies NewFile<OrganizationFile>;
}

/** The job's file when it is there, or when it can be finished: one that is about to be swept is left alone. */
async function findEarlier(
  { organizations, clock }: Deps,
  wanted: OrganizationFile,
  job: Job,
): Promise<OrganizationFile> {
  const { own: file, found } = await readPlaces(organizations, job);
  if (file === undefined && found.some(({ id }) => id === wanted.id)) {
    throw new AppError('idempotency_key_reused', "This job's name is taken by another job. Use a new job.");
  }
  const isSame = file?.contentHash === wanted.contentHash;
  if (file?.state === 'ready') {
    if (isSame) return file;
    throw new AppError('idempotency_key_reused', 'This job has another CSV already. Use a new job for new content.');
  }
  const canFinish = file?.state === 'pending' && (file.dueAt ?? 0) - marginMs > clock.now().getTime();
  if (file !== undefined && canFinish && isSame) return file;
  throw new AppError('request_in_progress', 'Another request of this job is still going on. Try again.', {
    retryAfterSeconds: 5,
  });
}
