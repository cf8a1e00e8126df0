/** Ports that also count what went through them, so that no rule has to know that anybody counts. */
import type { FileRecord } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import type { OrganizationStore } from '#core/organizations/stores.ts';
import { measure } from './invocation.ts';

function stored({ sizeBytes }: FileRecord): void {
  measure('Uploads');
  measure('UploadedBytes', sizeBytes);
}

/** A file counts as uploaded when it becomes ready, however its bytes came. */
export function measuredFiles(files: FileStore): FileStore {
  return {
    ...files,
    async markReady(file, now) {
      const ready = await files.markReady(file, now);
      if (ready !== undefined) stored(ready);
      return ready;
    },
    async settle(file, next, limits) {
      const result = await files.settle(file, next, limits);
      if (result.outcome === 'ready') stored(next);
      return result;
    },
  };
}

/** The same for files that become ready together with a row beside them. */
export function measuredOrganizations(organizations: OrganizationStore): OrganizationStore {
  return {
    ...organizations,
    async commit(changes) {
      const refused = await organizations.commit(changes);
      if (refused.length === 0) for (const change of changes) if (change.kind === 'settle') stored(change.next);
      return refused;
    },
  };
}

/** What the table is told to report. */
export const tableMeasures = {
  onCall: (ms: number) => measure('TableTime', ms),
  onConflict: () => measure('Conflicts'),
};

/** What R2's client is told to report. */
export const bucketMeasures = {
  onCall(ms: number, failed: boolean) {
    measure('BucketTime', ms);
    if (failed) measure('BucketFailures');
  },
};
