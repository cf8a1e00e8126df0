import { giveUpFailed } from '#core/files/give-up.ts';
import { pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { Promotion } from '#core/files/promote.ts';
import { type OrganizationFile, objectOf } from '#core/files/record.ts';
import { reserve } from '#core/files/reserve.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { settled } from '#core/files/settled.ts';
import type { FileStore } from '#core/files/store.ts';
import { downloadSeconds } from './documents.ts';
import { currentExport, type ExportRun, headersOf, type Job, laterExport, ofBytes } from './export-places.ts';
import { storageRefusal } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/** What storing the CSV of a job takes. */
export interface ExportDeps {
  organizations: OrganizationStore;
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string, delaySeconds?: number) => Promise<void>;
}

/** Runs of one job at the same moment that are tried again before giving up. */
const maxAttempts = 5;

/** A link that was given out just now works for its minute, and a download that begins with it gets to its end. */
const keptSeconds = 2 * downloadSeconds;

/**
 * A job that is run again (docs/contract.md, "Exports"). The new CSV is stored under a key of its own, since bytes never
 * change; then one transaction makes it the job's and releases the one before. Whoever asks for the download gets the old
 * or the new, each whole, and never none. Of two at once the later wins; the same content at once is one run.
 */
export async function replaceExport(deps: ExportDeps, run: ExportRun): Promise<OrganizationFile> {
  const now = deps.clock.now();
  const file = pendingRecord<OrganizationFile>(now, laterExport(ofBytes(run), now));
  await reserve(deps.files, file, { lost: deps });
  try {
    await deps.objects.put(objectOf(file), run.bytes, headersOf(run));
    const next = settled(file, { mimeType: file.mimeType, sizeBytes: file.sizeBytes }, deps.clock.now());
    const result = await makeCurrent(deps, run, { file, next });
    if (result.id !== file.id) await giveUpFailed(deps, file);
    return result;
  } catch (error) {
    const landed = await hasTakenPlace(deps, run, file);
    if (landed === undefined) throw storageRefusal(error);
    if (landed) return landed;
    await giveUpFailed(deps, file);
    throw storageRefusal(error);
  }
}

/**
 * The transaction may have landed and only its answer been lost: then this is the job's CSV, and giving it up would leave
 * the job with none. Undefined when nobody can tell, and then nothing is given up: the record says when it is over.
 */
async function hasTakenPlace(
  { organizations }: ExportDeps,
  { orgId, jobId }: ExportRun,
  { id }: OrganizationFile,
): Promise<OrganizationFile | false | undefined> {
  try {
    const { file } = await currentExport(organizations, { orgId, jobId });
    return file?.id === id && file.state === 'ready' ? file : false;
  } catch {
    return undefined;
  }
}

/**
 * Makes a stored CSV the job's and releases the one before, whatever became of that meanwhile. Answers what the job has
 * then: `next`, or a CSV of the same content that another request stored.
 */
export async function makeCurrent(
  deps: Pick<ExportDeps, 'organizations' | 'clock' | 'scheduleDelete'>,
  job: Job,
  promotion: Promotion<OrganizationFile>,
): Promise<OrganizationFile> {
  return await retryOnMoved(() => takePlace(deps, job, promotion), {
    attempts: maxAttempts,
    busy: 'This job is being run by others right now. Try again.',
  });
}

async function takePlace(
  { organizations, clock, scheduleDelete }: Pick<ExportDeps, 'organizations' | 'clock' | 'scheduleDelete'>,
  { orgId, jobId }: Job,
  { file, next }: Promotion<OrganizationFile>,
): Promise<OrganizationFile | typeof moved> {
  const { file: before, row } = await currentExport(organizations, { orgId, jobId });
  if (before?.state === 'ready' && isSame(before, file)) return before;
  const now = clock.now();
  // A first one that is still being stored gives way too: whoever stores it finds that it has, and is a later run then.
  const gone = before === undefined || before.state === 'deleting' ? [] : [before];
  const refused = await organizations.commit([
    { kind: 'settle', file, next },
    { kind: 'export', row: { orgId, jobId, rev: row.rev, fileId: file.id } },
    ...gone.map((each) => ({ kind: 'release' as const, file: each, now })),
  ]);
  if (refused.length > 0) return moved;
  await Promise.all(gone.map(({ id }) => scheduleDelete(id, keptSeconds)));
  return next;
}

/** Of what was uploaded directly nobody knows the content: it is the same as itself. */
const isSame = (one: OrganizationFile, other: OrganizationFile): boolean =>
  one.id === other.id || (one.contentHash !== undefined && one.contentHash === other.contentHash);
