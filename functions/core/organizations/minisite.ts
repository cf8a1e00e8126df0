import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { requireSameContent } from '#core/files/reserve.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import { consumedFile, consumeUploads, readStaged } from './consuming.ts';
import { invalidUploads, notActiveMember, notFound, uploadNotFound } from './refusals.ts';
import type { ConsumedFile, MinisiteRow, OrganizationReader, OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string, delaySeconds?: number) => Promise<void>;
}

export interface Publication {
  orgId: string;
  userId: string;
  /** JSON text. */
  content: string;
  /** All assets of the page from now on; left out, they stay as they are. */
  assetUploadIds: string[] | undefined;
  /** Whether visitors may read it; left out, that stays as it is, and at first they may not. */
  isPublic?: boolean | undefined;
  idempotency?: IdempotencyClaim | undefined;
}

/** JSON text of the page, in UTF-8 bytes: an item of the table holds 400 kB, and the assets need their part. */
export const maxContentBytes = 256 * 1024;

export const maxAssets = 40;

/** A transaction holds 100 items: three for a new asset, one for a dropped one, two for the rest. */
export const maxNewAssets = 15;

const maxAttempts = 5;

/** How long a visitor's cache may keep the page, seconds; links in it live five minutes at least. */
export const pageCacheSeconds = 60;

/** A page that was kept shows its assets still, and whoever has just opened it gets them. */
const keptSeconds = 2 * pageCacheSeconds;

/**
 * Publishes a page and stores the keys of its assets (docs/contract.md, "Minisite"). New uploads are consumed, assets the
 * page no longer has are deleted, and the page changes, all in one transaction. Two editors at once: the later wins
 * whole. A repeat of a publication that is through changes nothing, whatever came since, and answers the page as it is.
 * Throws the refusals of a parent write.
 */
export async function publishMinisite(deps: Deps, publication: Publication): Promise<MinisiteRow> {
  const { organizations, clock } = deps;
  const { orgId, userId, content, isPublic, idempotency } = publication;
  if (!(await organizations.isActiveMember(orgId, userId))) throw notActiveMember();
  const remember = (made: { createdAt: string }) =>
    idempotency === undefined ? [] : [{ kind: 'remember' as const, claim: idempotency, made: { id: orgId, ...made } }];
  const turn = async (): Promise<MinisiteRow | typeof moved> => {
    const before = await organizations.getMinisite(orgId);
    const earlier = idempotency && (await organizations.findRemembered(idempotency.id, clock.now()));
    if (earlier !== undefined) {
      requireSameContent(earlier, idempotency);
      return before;
    }
    const { fresh, dropped, assets } = await planAssets(deps, publication, before);
    const now = clock.now();
    const row: MinisiteRow = {
      orgId,
      rev: before.rev,
      content,
      assets,
      isPublic: isPublic ?? before.isPublic ?? false,
      updatedAt: now.toISOString(),
    };
    const { refused } = await consumeUploads(deps, fresh, {
      parentId: orgId,
      also: [
        { kind: 'member', orgId, userId },
        { kind: 'minisite', row },
        ...dropped.map((file) => ({ kind: 'release' as const, file, now })),
        ...remember({ createdAt: row.updatedAt }),
      ],
    });
    if (refused.includes('member')) throw notActiveMember();
    if (refused.length > 0) return moved;
    await Promise.all(dropped.map(({ id }) => deps.scheduleDelete(id, keptSeconds)));
    return row;
  };
  return await retryOnMoved(turn, {
    attempts: maxAttempts,
    busy: 'Others publish this page right now. Try again.',
  });
}

/** The page as published. Throws `not_found` before the first publication. */
export async function getMinisite(
  { organizations }: { organizations: OrganizationReader },
  { orgId, userId }: { orgId: string; userId: string },
): Promise<MinisiteRow> {
  const [member, row] = await Promise.all([
    organizations.isActiveMember(orgId, userId),
    organizations.getMinisite(orgId),
  ]);
  if (!member) throw notActiveMember();
  if (row.rev === 0) throw notFound('page');
  return row;
}

/**
 * The page as anybody may see it. Throws `not_found`, the same for an organization that has none, keeps it to its members, or
 * is none at all.
 */
export async function visitMinisite(
  { organizations }: { organizations: OrganizationReader },
  { orgId }: { orgId: string },
): Promise<MinisiteRow> {
  const row = await organizations.getMinisite(orgId);
  if (row.rev === 0 || row.isPublic !== true) throw notFound('page');
  return row;
}

/** Which uploads become assets, which assets go, and what the page has afterwards, in the order asked for. */
async function planAssets(deps: Deps, { orgId, userId, assetUploadIds }: Publication, before: MinisiteRow) {
  const published = new Map(before.assets.map((asset) => [asset.uploadId, asset]));
  const wanted = assetUploadIds ?? [...published.keys()];
  const newIds = wanted.filter((id) => !published.has(id));
  if (newIds.length > maxNewAssets) {
    throw invalidUploads(`Publish at most ${maxNewAssets} new assets at a time`, newIds[maxNewAssets] ?? '');
  }
  const fresh = newIds.length === 0 ? [] : await readStaged(deps, newIds, userId);
  for (const file of fresh) {
    if (file.orgId !== orgId) throw uploadNotFound(file.id);
    if (file.ownerType !== 'minisite_asset') {
      throw invalidUploads(`Upload ${file.id} was presigned as ${file.ownerType}, not as minisite_asset`, file.id);
    }
    published.set(file.id, consumedFile(file));
  }
  const goneIds = before.assets.map(({ uploadId }) => uploadId).filter((id) => !wanted.includes(id));
  const gone = goneIds.length === 0 ? [] : await deps.organizations.getFiles(goneIds);
  const dropped = gone.filter((file): file is OrganizationFile => file?.state === 'ready' && file.orgId === orgId);
  const assets = wanted.map((id) => published.get(id)).filter((asset): asset is ConsumedFile => asset !== undefined);
  return { fresh, dropped, assets };
}
