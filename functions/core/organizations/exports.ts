import { AppError } from '#core/files/errors.ts';
import { pendingRecord } from '#core/files/pending.ts';
import type { SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { type OrganizationFile, objectOf, stuckAfterMs } from '#core/files/record.ts';
import { downloadSeconds } from './documents.ts';
import { currentExport, type ExportRun, firstExport, headersOf, idsOf, type Job, readPlaces } from './export-places.ts';
import { type ExportDeps, replaceExport } from './export-runs.ts';
import { notActiveMember, notFound, storageRefusal } from './refusals.ts';
import type { OrganizationReader } from './stores.ts';

/** What the gateway and Lambda carry of a text, less what escaping may add (AWS Lambda developer guide, "Lambda quotas"). */
export const maxExportBytes = 4 * 1024 * 1024;

/** A step of this much may still be going on; longer than any function may run. */
const marginMs = 60_000;

/**
 * Stores the CSV of a job (docs/contract.md, "Exports"). The same bytes again are answered the same, and finish what an
 * earlier request left half done; other bytes are the job run again, and take the place of what it had. Throws
 * `idempotency_key_reused` for a job whose name another one has taken, `request_in_progress` and `temporarily_unavailable`.
 */
export async function storeExport(deps: ExportDeps, job: ExportRun): Promise<OrganizationFile> {
  const now = deps.clock.now();
  // Another request may finish it, so it is not over with the one that began it.
  const wanted = { ...pendingRecord<OrganizationFile>(now, firstExport(job)), dueAt: now.getTime() + stuckAfterMs };
  const file = (await stage(deps, wanted, job)) ? wanted : await findEarlier(deps, wanted, job);
  if (file === undefined) return await replaceExport(deps, job);
  if (file.state === 'ready') return file;
  try {
    await deps.objects.put(objectOf(file), job.bytes, headersOf(job), { repeatable: true });
  } catch (error) {
    throw storageRefusal(error);
  }
  const ready = await deps.files.markReady(file, deps.clock.now());
  return ready ?? (await findEarlier(deps, wanted, job)) ?? (await replaceExport(deps, job));
}

/** False when the job has a record already, or was run again since it had one. */
async function stage({ organizations }: ExportDeps, wanted: OrganizationFile, job: Job): Promise<boolean> {
  const mayBeUnderFormerName = idsOf(job).length > 1;
  if (mayBeUnderFormerName && (await readPlaces(organizations, job)).own !== undefined) return false;
  const { orgId, jobId } = job;
  const refused = await organizations.commit([
    { kind: 'first_export', orgId, jobId },
    { kind: 'stage', file: wanted },
  ]);
  return refused.length === 0;
}

/**
 * A download that works for a minute (docs/contract.md, "Exports"), for a member, or for the platform, which names none.
 * Throws `not_found` before the CSV is there.
 */
export async function exportUrl(
  { organizations, signer }: { organizations: OrganizationReader; signer: UrlSigner },
  { userId, ...job }: Job & { userId?: string | undefined },
): Promise<SignedUrl> {
  const [isAllowed, { file }] = await Promise.all([
    userId === undefined || organizations.isActiveMember(job.orgId, userId),
    currentExport(organizations, job),
  ]);
  if (!isAllowed) throw notActiveMember();
  if (file?.state !== 'ready') throw notFound('export');
  return await signer.presignGet(objectOf(file), { expiresInSeconds: downloadSeconds, mode: 'fresh' });
}

/**
 * The job's file when it has these bytes, or when it can be finished: one that is about to be swept is left alone.
 * Undefined when the job has something else, which these bytes take the place of.
 */
async function findEarlier(
  { organizations, clock }: ExportDeps,
  wanted: OrganizationFile,
  job: Job,
): Promise<OrganizationFile | undefined> {
  const { file, row, found } = await currentExport(organizations, job);
  const isSame = file?.contentHash === wanted.contentHash;
  if (file?.state === 'ready') return isSame ? file : undefined;
  if (row.rev > 0) return undefined;
  if (file === undefined && found.some(({ id }) => id === wanted.id)) {
    throw new AppError('idempotency_key_reused', "This job's name is taken by another job. Use a new job.");
  }
  const canFinish = file?.state === 'pending' && (file.dueAt ?? 0) - marginMs > clock.now().getTime();
  if (file !== undefined && canFinish && isSame) return file;
  throw new AppError('request_in_progress', 'Another request of this job is still going on. Try again.', {
    retryAfterSeconds: 5,
  });
}
