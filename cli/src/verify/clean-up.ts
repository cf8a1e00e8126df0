/** Takes away whatever a run made, or may have made; safe to repeat, and from another process. */
import { deleteMedia, memberPath, presignMedia } from './checks-organizations.ts';
import { listOf } from './checks-uploads.ts';
import { done, Mismatch, type Told } from './stage.ts';
import { namesOf, paths, type World } from './world.ts';

/** What could not be taken away, in words. */
export type Left = string[];

/** Gone now, whether or not it was there. */
function gone(told: Told): void {
  if (told.status !== 404) done(told, told.status === 200 ? 200 : 204);
}

/** The platform's word that the run's app, session and lock are deleted; the same each time. */
export async function closeAll({ stage, names, prefix, asPlatform }: World): Promise<void> {
  const events = [
    { type: 'app.deleted', appId: names.app },
    { type: 'app.deleted', appId: names.smallApp },
    { type: 'session.deleted', sessionId: names.session },
    { type: 'lock.deleted', lockId: names.lock },
  ];
  for (const [index, event] of events.entries()) {
    const json = { eventId: `${prefix}-gone-${index}`, ...event };
    done(await stage.ask('POST', '/platform/lifecycle-events', { ...(await asPlatform()), json }), 202);
  }
}

/** Ends every key of the run's app. */
export async function revokeKeys({ stage, names, asAdmin }: World): Promise<void> {
  const path = `${paths(names).admin}/developer-keys`;
  const { items } = done<{ items: { keyId: string }[] }>(await stage.ask('GET', path, await asAdmin()));
  for (const { keyId } of items) gone(await stage.ask('DELETE', `${path}/${keyId}`, await asAdmin()));
}

/** Deletes every file of the uploads API that carries the run's name. */
export async function deleteUploads(world: World): Promise<void> {
  const { stage, asUser, made } = world;
  const listed = (await listOf(world)).data.map(({ _id }) => _id);
  for (const id of new Set([...listed, ...made.uploads]))
    gone(await stage.ask('DELETE', `/v1/upload/${id}`, await asUser()));
}

/** What a user deleted stays for a grace period; an administrator deletes what carries the run's name at once. */
export async function purgeUploads({ stage, asAdmin, made, names, userId }: World): Promise<void> {
  const ids = new Set(made.uploads);
  // Of a user of the run's own everything goes; of somebody's own user only what this run put there.
  if (userId === names.user) {
    for (const state of ['stored', 'deleted']) {
      const query = `ownerId=${userId}&state=${state}&links=false&limit=200`;
      const { items } = done<{ items: { id: string }[] }>(
        await stage.ask('GET', `/admin/uploads?${query}`, await asAdmin()),
      );
      for (const { id } of items) ids.add(id);
    }
  }
  for (const id of ids) gone(await stage.ask('DELETE', `/admin/uploads/${id}`, await asAdmin()));
}

/** Without the platform's word an administrator deletes file by file, and switches the apps off. */
async function deleteAsAdmin({ stage, names, asAdmin }: World): Promise<void> {
  for (const app of [names.app, names.smallApp]) {
    const base = `/admin/extensions/apps/${app}`;
    const { items } = done<{ items: { id: string }[] }>(
      await stage.ask('GET', `${base}/files?limit=200&links=false`, await asAdmin()),
    );
    for (const { id } of items) gone(await stage.ask('DELETE', `${base}/files/${id}`, await asAdmin()));
    done(await stage.ask('PUT', `${base}/file-storage`, { ...(await asAdmin()), json: { enabled: false } }));
  }
}

/** Media are in no list: asked for again by its key the presign tells which upload it was. */
async function deleteAllMedia(world: World): Promise<void> {
  const { stage, asPlatform } = world;
  const member = async (status: string) =>
    done(await stage.ask('PUT', memberPath(world), { ...(await asPlatform()), json: { status } }));
  await member('active');
  const told = await presignMedia(world);
  const again = (told.body as { uploadId?: string } | undefined)?.uploadId;
  for (const id of new Set([...world.made.media, ...(again === undefined ? [] : [again])]))
    gone(await deleteMedia(world, id));
  await member('inactive');
}

/**
 * Does all of it, and goes on where a part fails. `all` is for a run of another process, of which it is not known how far it
 * came; otherwise only what this run began is looked at.
 */
export async function cleanUp(world: World, { all = false } = {}): Promise<Left> {
  const { proofs, made } = world;
  const left: Left = [];
  const attempt = async (what: string, wanted: boolean, work: (world: World) => Promise<void>) => {
    if (!wanted) return;
    try {
      await work(world);
    } catch (error) {
      left.push(`${what}: ${error instanceof Mismatch || error instanceof Error ? error.message : error}`);
    }
  };
  const apps = (all || made.apps.length > 0) && proofs.can('admin');
  await attempt('developer keys', apps, revokeKeys);
  await attempt('files of the app', (apps || all) && proofs.can('platform'), closeAll);
  await attempt('files of the app', apps && !proofs.can('platform'), deleteAsAdmin);
  await attempt('uploads', (all || made.uploads.length > 0) && proofs.can('user'), deleteUploads);
  await attempt('uploads', (all || made.uploads.length > 0) && proofs.can('admin'), purgeUploads);
  const media = (all || made.member === true) && proofs.can('platform') && proofs.can('user');
  await attempt('media and membership', media, deleteAllMedia);
  return left;
}

/** Names of runs that an administrator's list of apps still shows with anything in them. */
export async function runsLeft({ stage, asAdmin }: World): Promise<string[]> {
  const found = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ search: 'verify-', limit: '200', ...(cursor !== undefined && { cursor }) });
    const page = done<{ items: { appId: string; fileCount: number; enabled: boolean }[]; cursor?: string }>(
      await stage.ask('GET', `/admin/extensions/apps?${query}`, await asAdmin()),
    );
    for (const { appId, enabled, fileCount } of page.items) {
      const prefix = /^verify-[0-9a-f]{10}(?=$|-small$)/.exec(appId)?.[0];
      if (prefix !== undefined && (enabled || fileCount > 0) && namesOf(prefix).app === prefix) found.add(prefix);
    }
    cursor = page.cursor;
    if (cursor === undefined) return [...found];
  }
}
