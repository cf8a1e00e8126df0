import { createHash } from 'node:crypto';
import { idOfNamedKey, keySegment, newId } from '#core/files/ids.ts';
import type { NewFile } from '#core/files/pending.ts';
import type { ObjectHeaders } from '#core/files/ports.ts';
import { isOf, type OrganizationFile } from '#core/files/record.ts';
import type { IsOwn } from '#core/files/replay.ts';
import type { ExportRow, OrganizationReader } from './stores.ts';

/** Where the CSVs of a job lie and which of them is the job's now (docs/contract.md, "Exports"). */

export interface Job {
  orgId: string;
  jobId: string;
}

/** A job with what it brought. */
export interface ExportRun extends Job {
  bytes: Uint8Array;
  subject: string;
}

const folderOf = ({ orgId, jobId }: Job): string => `exports/${keySegment(orgId)}/${keySegment(jobId)}`;

const nameOf = ({ jobId }: Job) => `${jobId}.csv`;

export const headersOf = (job: Job): ObjectHeaders => ({
  contentType: 'text/csv; charset=utf-8',
  contentDisposition: `attachment; filename="${nameOf(job)}"`,
  cacheControl: 'private, max-age=31536000, immutable',
});

/** The first CSV of a job: its key says whose it is, so that two requests cannot both be the first. */
export const firstExport = (run: ExportRun) => newExport(ofBytes(run), `${folderOf(run)}.csv`);

/** One that takes the place of another: a key of its own, below the job's, since no segment of a key holds a slash. */
export const laterExport = (run: NewExport, now: Date) => newExport(run, `${folderOf(run)}/${newId(now)}.csv`);

interface NewExport extends Job {
  subject: string;
  sizeBytes: number;
  contentHash?: string;
}

/** What the record says of bytes that are here. */
export const ofBytes = ({ bytes, ...run }: ExportRun): NewExport => ({
  ...run,
  sizeBytes: bytes.byteLength,
  contentHash: createHash('sha256').update(bytes).digest('hex'),
});

function newExport({ subject, sizeBytes, contentHash, ...job }: NewExport, key: string) {
  return {
    id: idOfNamedKey(key),
    scope: 'organization',
    orgId: job.orgId,
    userId: subject,
    ownerType: 'export',
    bucket: 'default',
    key,
    originalName: nameOf(job),
    mimeType: 'text/csv',
    sizeBytes,
    ...(contentHash !== undefined && { contentHash }),
  } satisfies NewFile<OrganizationFile>;
}

/** Ids of dots alone were once spelt with underscores in keys, as other ids are of themselves. */
const formerSegment = (id: string) => (/^\.+$/.test(id) ? id.replaceAll('.', '_') : id);

/**
 * Where the record of a job's first CSV may be: its id follows from the key, so that it is found by a strongly consistent
 * read and cannot exist twice. An export that was stored under the former spelling stays there, and its record says where.
 */
export function idsOf(job: Job): string[] {
  const former = `exports/${formerSegment(job.orgId)}/${formerSegment(job.jobId)}.csv`;
  return [...new Set([`${folderOf(job)}.csv`, former])].map(idOfNamedKey);
}

/** What lies at the places of a first CSV, and which of it is the job's: an id that was derived proves no owner. */
export async function readPlaces(organizations: OrganizationReader, job: Job) {
  const found = (await organizations.getFiles(idsOf(job))).filter((file) => file !== undefined);
  return { own: found.find((file) => isOfJob(file, job)), found };
}

/** An id proves no owner: an upload is its job's only. */
export const exportOf =
  (job: Job): IsOwn<OrganizationFile> =>
  (file): file is OrganizationFile =>
    isOf('organization', file) && isOfJob(file, job);

const isOfJob = ({ ownerType, orgId, originalName }: OrganizationFile, job: Job) =>
  ownerType === 'export' && orgId === job.orgId && originalName === nameOf(job);

export interface CurrentExport {
  /** What a job has now, in any state. */
  file: OrganizationFile | undefined;
  row: ExportRow;
  /** What lies where its first CSV would. */
  found: OrganizationFile[];
}

/**
 * What a job has now: what its row names once it was run again, its first CSV before. Read at the same time; a first one that
 * is not there any more has given way to what the row, read again after it, names.
 */
export async function currentExport(organizations: OrganizationReader, job: Job): Promise<CurrentExport> {
  const [first, { own, found }] = await Promise.all([
    organizations.getExport(job.orgId, job.jobId),
    readPlaces(organizations, job),
  ]);
  const gaveWay = first.rev === 0 && (own === undefined || own.state === 'deleting');
  const row = gaveWay ? await organizations.getExport(job.orgId, job.jobId) : first;
  if (row.fileId === undefined) return { file: own, row, found };
  const [file] = await organizations.getFiles([row.fileId]);
  return { file, row, found };
}
