import { idOfIncomingKey } from '#core/files/ids.ts';
import { inParallel } from '#core/files/in-parallel.ts';
import type { IncomingMarker } from '#core/files/incoming-marker.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import { erase, purge } from '#core/files/purge.ts';
import { type FileRecord, isOver } from '#core/files/record.ts';
import { type ScanQueue, sweepScan } from '#core/files/scan.ts';
import type { FileStore } from '#core/files/store.ts';

interface Deps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  /** Where scanning is on. */
  scans?: ScanQueue | undefined;
}

/**
 * One record whose time has come: an upload that never finished, a staged file nobody saved, a deletion that got
 * stuck. Safe to run twice, late, and beside the function that still works on the record: every step is conditional.
 * True when it had to be moved or removed.
 */
export async function sweepOne(deps: Deps, file: FileRecord): Promise<boolean> {
  const now = deps.clock.now();
  const stuck = file.state === 'deleting' && file.dueAt !== undefined && file.dueAt <= now.getTime();
  if (!stuck && !isOver(file, now)) return await sweepScan(deps, file);
  if (stuck) await purge(deps, file.id);
  else if (await deps.files.release(file, now)) await erase(deps, { ...file, updatedAt: now.toISOString() });
  else return false;
  return true;
}

/** Files of one transaction; see `FileStore.releaseAll`. */
const groupSize = 16;

/**
 * Gives back at once what files hold whose alarms rang together: they are often one person's, whose counter only one
 * transaction may be at. What fails here is left to each file's own turn.
 */
export async function releaseExpired({ files, clock }: Deps, fileIds: string[]): Promise<void> {
  const now = clock.now();
  const found = await Promise.all(fileIds.map((id) => files.get(id)));
  const over = found.filter((file) => file !== undefined && isOver(file, now)) as FileRecord[];
  for (let start = 0; start < over.length; start += groupSize) {
    await files.releaseAll(over.slice(start, start + groupSize), now);
  }
}

/**
 * The alarm of a file rang. Whether its time is over is decided by its record, so an alarm left over from a claimed file
 * does nothing. One that comes again because its file could not be removed the first time finishes that now.
 */
export async function expireFile(deps: Deps, fileId: string): Promise<void> {
  const file = await deps.files.get(fileId);
  if (file?.state === 'deleting') await erase(deps, file);
  else if (file !== undefined) await sweepOne(deps, file);
}

/** The key of an upload in parts carries its record's id. */
const isOfParts = ({ fileId, incoming }: IncomingMarker) => idOfIncomingKey(incoming.key) === fileId;

/**
 * One marker of a direct upload whose URL is dead: removes what a repeated PUT, or a late part, may have left at the incoming key, and
 * what a completion may have written after its record was gone. Safe to run twice. Throws `ObjectStoreError` when the
 * bucket does not answer; the marker then stays.
 */
export async function sweepIncoming(deps: Deps, marker: IncomingMarker): Promise<void> {
  if (isOfParts(marker)) await deps.objects.abandon(marker.incoming);
  await deps.objects.delete(marker.incoming);
  if ((await deps.files.get(marker.fileId)) === undefined) {
    await inParallel([marker.final, ...(marker.variants ?? [])], (ref) => deps.objects.delete(ref));
  }
  await deps.files.removeIncoming(marker.fileId);
}
