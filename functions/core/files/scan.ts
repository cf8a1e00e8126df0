import { AppError } from './errors.ts';
import { idPattern } from './ids.ts';
import { fileNotFound } from './not-found.ts';
import { type Bucket, type Clock, type ObjectHead, type ObjectStore, ObjectStoreError } from './ports.ts';
import { removeStray } from './promote.ts';
import { erase } from './purge.ts';
import { type Rejection, type Scanned, toldForMs, type Verdict } from './quarantine.ts';
import { type FileRecord, isExpired, objectOf, stuckAfterMs } from './record.ts';
import { moved, retryOnMoved } from './retry.ts';
import type { FileStore } from './store.ts';

/** What a scanner is told to look at. It has no link in it: those are minted when the scanner asks. */
export interface ScanMessage {
  fileId: string;
  bucket: Bucket;
  key: string;
  sizeBytes: number;
  mimeType: string;
}

export interface ScanQueue {
  send(message: ScanMessage): Promise<void>;
}

interface Deps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
}

export const scanMessageOf = (file: FileRecord): ScanMessage => {
  const { id: fileId, bucket, key, sizeBytes, mimeType } = file;
  return { fileId, bucket, key, sizeBytes, mimeType };
};

/** A stored file and what its bytes are, for a scanner. Throws `file_not_found` for what is not stored. */
export async function findScannable(
  { files, objects }: { files: Pick<FileStore, 'get'>; objects: ObjectStore },
  fileId: string,
): Promise<{ file: FileRecord; head: ObjectHead }> {
  const file = idPattern.test(fileId) ? await files.get(fileId) : undefined;
  const scannable = file?.state === 'ready' && (file.quarantine !== undefined || file.scanned !== undefined);
  const head = scannable ? await objects.head(objectOf(file)) : undefined;
  if (!scannable || head === undefined) throw fileNotFound();
  return { file, head };
}

/**
 * Applies a scanner's verdict to the bytes it judged (docs/contract.md, "Scans"). The same again changes nothing.
 * `infected` counts whenever it comes, also after a time-out let the file through; `clean` brings nothing back.
 * Gives the verdict that holds. Throws `file_not_found`, and `validation_failed` for the ETag of other bytes.
 */
export async function applyVerdict(
  deps: Deps & { scheduleDelete: (fileId: string) => Promise<void> },
  fileId: string,
  given: Omit<Scanned, 'at' | 'verdict'> & { verdict: Verdict },
): Promise<Verdict> {
  return await retryOnMoved(async () => {
    const known = idPattern.test(fileId) ? await deps.files.get(fileId) : undefined;
    if (known?.rejection?.reason === 'infected') return 'infected';
    const { file, head } = await findScannable(deps, fileId);
    if (head.etag !== given.etag) throw otherBytes();
    const now = deps.clock.now();
    const scanned: Scanned = { ...given, at: now.toISOString() };
    if (given.verdict === 'infected') {
      const { signature } = given;
      const done = await reject(deps, { ...file, scanned }, { reason: 'infected', ...(signature && { signature }) });
      return done ? 'infected' : moved;
    }
    if (file.quarantine === undefined) return 'clean';
    const judged = { ...file, scanned };
    const done = await afterClean(deps, judged, head);
    return done ? 'clean' : moved;
  });
}

/** What a clean verdict does about a file that was held until now. False when the record moved. */
async function afterClean(deps: Deps, judged: FileRecord, head: ObjectHead): Promise<boolean> {
  const now = deps.clock.now();
  if (isDeleted(judged)) return await takeBack(deps, whenRestored(judged, now));
  if (!isBeingShut(judged, now)) return await letOut(deps, judged, head);
  // Just restored: the schedule lets it out when nothing can take its copy away any more.
  return await deps.files.amend(judged, { ...whenRestored(judged, now), ...bumped(judged), dueAt: now.getTime() });
}

const isDeleted = (file: FileRecord) => file.scope === 'upload' && file.deletedAt !== undefined;

/** What its owner deleted meanwhile does not go public: restored, it is let out like what was waited for long enough. */
function whenRestored(file: FileRecord, now: Date): FileRecord {
  const { quarantine } = file;
  if (quarantine === undefined) return file;
  return { ...file, quarantine: { ...quarantine, onTimeout: 'release', until: now.getTime() } };
}

const bumped = ({ rev }: FileRecord) => ({ rev: rev + 1 });

/** Longer than a deletion at the bucket lasts from the write before it on, its tries together. */
const shutForMs = 60_000;

/** A copy where the file opens may be taken away at any moment: one that is made now would go with it. */
const isBeingShut = ({ quarantine }: FileRecord, now: Date) => (quarantine?.shutUntil ?? 0) > now.getTime();

/**
 * Takes away what an end of quarantine may have copied to where the file opens, where its owner's deletion came between
 * the copy and the record. The record says so first, for whoever restores the file meanwhile: until that is over nobody
 * lets it out, so that this deletion never takes a copy that is all there is. Killed in between, the schedule does it
 * again. False when the record moved.
 */
async function takeBack({ files, objects, clock }: Deps, file: FileRecord): Promise<boolean> {
  const { quarantine, also, expiresAt } = file;
  const now = clock.now().getTime();
  const atItsEnd = expiresAt !== undefined && { dueAt: expiresAt };
  if (quarantine === undefined || also === undefined)
    return await files.amend(file, { ...file, ...bumped(file), ...atItsEnd });
  const dueAt = Math.min(now + stuckAfterMs, expiresAt ?? Number.POSITIVE_INFINITY);
  const shutting = { ...file, ...bumped(file), quarantine: { ...quarantine, shutUntil: now + shutForMs }, dueAt };
  if (!(await files.amend(file, shutting))) return false;
  await objects.delete({ bucket: also, key: file.key });
  // Done; but that of another call, which was named there before, may be on its way.
  await files.amend(shutting, { ...shutting, ...bumped(shutting), quarantine, ...atItsEnd });
  return true;
}

const otherBytes = () =>
  new AppError('validation_failed', 'The verdict is on other bytes than are stored. Fetch the scan and judge again.', {
    details: { issues: [{ path: 'body.etag', message: 'is not the ETag of the stored bytes' }] },
  });

/**
 * Ends the quarantine of a file: a public one is copied to where it opens first, on the ETag that was judged, and its
 * record says from before to after where objects may be. False when the record moved.
 */
async function letOut(deps: Deps, file: FileRecord, head: ObjectHead): Promise<boolean> {
  const { quarantine: _, dueAt: __, ...kept } = file;
  const { also } = file;
  const now = deps.clock.now();
  const opened = also === undefined ? {} : { bucket: also, also: file.bucket };
  // Of a deleted file the end of its grace period comes first; whatever is left behind goes with it.
  const dueAt = file.expiresAt ?? (also === undefined ? undefined : now.getTime() + stuckAfterMs);
  const next = {
    ...kept,
    ...opened,
    rev: file.rev + 1,
    updatedAt: now.toISOString(),
    ...(dueAt !== undefined && { dueAt }),
  } as FileRecord;
  if (also !== undefined) await deps.objects.copy(objectOf(file), objectOf(next), { ifMatch: head.etag });
  if (!(await deps.files.amend(file, next))) {
    if (also !== undefined) await removeCopy(deps, next);
    return false;
  }
  // What cannot be taken away now is the schedule's.
  if (also !== undefined) await clearLeftover(deps, next).catch(() => undefined);
  return true;
}

/** After a copy whose record moved: what is going for good, or was deleted by its owner before it was out, is open nowhere. */
async function removeCopy(deps: Deps, copied: FileRecord): Promise<void> {
  const current = await deps.files.get(copied.id);
  await removeStray(deps, copied, current);
  const held = current?.state === 'ready' && current.quarantine !== undefined;
  if (held && isDeleted(current)) await takeBack(deps, current);
}

/** Removes what a file left in the bucket it was judged in. Nothing is written there again. */
async function clearLeftover(deps: Deps, file: FileRecord): Promise<void> {
  if (file.also === undefined) return;
  await deps.objects.delete({ bucket: file.also, key: file.key });
  const { also: _, dueAt: __, ...kept } = file;
  const dueAt = file.expiresAt;
  await deps.files.amend(file, { ...kept, rev: file.rev + 1, ...(dueAt !== undefined && { dueAt }) } as FileRecord);
}

/** Deletes a file like any other, but that its record stays for a while to say why. False when the record moved. */
async function reject(deps: Deps, file: FileRecord, why: Omit<Rejection, 'until'>): Promise<boolean> {
  const now = deps.clock.now();
  const rejection = { ...why, until: now.getTime() + toldForMs };
  if (!(await deps.files.release({ ...file, rejection }, now))) return false;
  // Left to the schedule where the bucket does not answer.
  await erase(deps, { ...file, rejection, state: 'deleting' }).catch(() => undefined);
  return true;
}

/**
 * What the schedule does about a stored file that is due: tells the scanner once more, lets go what was waited for long
 * enough, removes what was left behind. False where there was nothing of it.
 */
export async function sweepScan(deps: Deps & { scans?: ScanQueue | undefined }, file: FileRecord): Promise<boolean> {
  const now = deps.clock.now();
  if (file.state !== 'ready' || isExpired(file, now) || file.dueAt === undefined || file.dueAt > now.getTime()) {
    return false;
  }
  const { quarantine } = file;
  if (quarantine === undefined) {
    if (file.also === undefined) return false;
    await clearLeftover(deps, file);
    return true;
  }
  if (isDeleted(file)) return await takeBack(deps, file);
  if (isBeingShut(file, now)) return false;
  const { until = 0 } = quarantine;
  if (until > now.getTime()) {
    if (deps.scans === undefined) return false;
    await deps.scans.send(scanMessageOf(file));
    return await deps.files.amend(file, { ...file, rev: file.rev + 1, dueAt: until });
  }
  if (quarantine.onTimeout === 'reject') return await reject(deps, file, { reason: 'scan_timed_out' });
  const head = await deps.objects.head(objectOf(file));
  if (head === undefined) throw new ObjectStoreError('missing', `The object of ${file.id} is not there.`);
  const unjudged: Scanned = { verdict: 'timed_out', etag: head.etag, at: now.toISOString() };
  return await letOut(deps, { ...file, scanned: file.scanned ?? unjudged }, head);
}

/** Tells the scanner of a file that has just been stored. Never throws: what is not told now the schedule tells. */
export async function announceScan(
  scans: { queue: ScanQueue; log: (message: string, error: unknown) => void } | undefined,
  file: FileRecord,
): Promise<void> {
  if (scans === undefined || file.quarantine === undefined) return;
  await scans.queue
    .send(scanMessageOf(file))
    .catch((error: unknown) => scans.log(`The scan of ${file.id} is left to the schedule`, error));
}
