import type { ClaimStore } from '#core/extensions/claims/claim-store.ts';
import { type StagedQuota, stagedQuotaOf } from '#core/extensions/quota.ts';
import { getExtensionFile, ownUpload } from '#core/extensions/session-files.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import type { Clock } from '#core/files/ports.ts';
import { type ExtensionFile, holderOf, isVisible } from '#core/files/record.ts';
import type { FileReader } from '#core/files/store.ts';

interface Deps {
  files: FileReader;
  clock: Clock;
}

interface Owner {
  appId: string;
  userId: string;
}

/** The user's unexpired staged files, newest first, of one purpose or draft when asked, and the quota they use. */
export async function listStagedFiles(
  deps: Deps,
  owner: Owner,
  filter: { purpose?: string | undefined; draftId?: string | undefined },
  settings: AppSettings,
): Promise<{ items: ExtensionFile[]; stagedQuota: StagedQuota }> {
  const { staged, stagedQuota } = await read(deps, owner, settings);
  const items = staged.filter(
    (file) =>
      isVisible(file, deps.clock.now()) &&
      (filter.purpose === undefined || file.purpose === filter.purpose) &&
      (filter.draftId === undefined || file.draftId === filter.draftId),
  );
  return { items, stagedQuota };
}

export async function readStagedQuota(deps: Deps, owner: Owner, settings: AppSettings): Promise<StagedQuota> {
  return (await read(deps, owner, settings)).stagedQuota;
}

async function read({ files, clock }: Deps, owner: Owner, settings: AppSettings) {
  const [counter, staged] = await Promise.all([
    files.usage({ kind: 'staged', ...owner }),
    files.listStaged(owner.appId, owner.userId),
  ]);
  return { staged, stagedQuota: stagedQuotaOf(counter, staged, settings, clock.now()) };
}

/**
 * What an owner may delete: a file that is staged still, a direct upload that is given up before it is completed, or a
 * claimed file that the config saved last does not name any more. Throws `file_not_found`, for a file in use too.
 */
export async function getDeletableFile(
  deps: Deps & { claims: ClaimStore },
  owner: Owner,
  fileId: string,
): Promise<ExtensionFile> {
  const file = ownUpload(deps, owner)(await getExtensionFile(deps.files, fileId));
  if (!file.staged && (await isReferenced(deps.claims, file))) throw fileNotFound();
  return file;
}

/** Whatever is not known to be left behind is in use. */
async function isReferenced(claims: ClaimStore, file: ExtensionFile): Promise<boolean> {
  const { appId, userId, claimIds } = file;
  const target = holderOf(file);
  if (claimIds === undefined || target === undefined) return true;
  const lastId = await claims.lastIdOf({ appId, userId, target });
  const last = lastId === undefined ? undefined : await claims.get(lastId);
  return last?.state !== 'claimed' || last.fileIds.includes(file.id);
}
