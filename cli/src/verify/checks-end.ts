/** What a run made is deleted as its callers would, and shown to be gone by the same API. */
import { deleteMedia, memberPath } from './checks-organizations.ts';
import { listOf } from './checks-uploads.ts';
import { closeAll, deleteUploads, purgeUploads, revokeKeys } from './clean-up.ts';
import { form } from './files.ts';
import type { Check } from './run.ts';
import { codeOf, done, refused, that } from './stage.ts';
import { paths } from './world.ts';

/** How long the clean-up of a few files may take: messages of a queue, one batch. Seconds. */
const cleanUpSeconds = 90;

export const endChecks: Check[] = [
  {
    name: 'end.keys',
    title: 'a key that is revoked is refused within seconds, and is in no list',
    needs: ['admin', 'session'],
    after: ['extensions.keys'],
    async run(world) {
      const { stage, names, asAdmin, asBackend } = world;
      await revokeKeys(world);
      const backend = await asBackend();
      await stage.eventually(20, async () => {
        refused(await stage.ask('DELETE', `${paths(names).files}/${'0'.repeat(24)}`, backend), 401, 'unauthorized');
      });
      const { items } = done<{ items: unknown[] }>(
        await stage.ask('GET', `${paths(names).admin}/developer-keys`, await asAdmin()),
      );
      that(items.length === 0, `${items.length} developer keys are left`);
    },
  },
  {
    name: 'end.app-deleted',
    title: 'the word that an app is deleted, told twice, takes its files, and nothing can be added to it',
    needs: ['platform', 'admin', 'user'],
    after: ['extensions.settings'],
    async run(world) {
      const { stage, names, asAdmin, asUser, made } = world;
      await closeAll(world);
      await closeAll(world);
      await stage.eventually(cleanUpSeconds, async () => {
        const told = await stage.ask('GET', `${paths(names).admin}/file-storage`, await asAdmin());
        const { usage } = done<{ usage: { usedBytes: number; fileCount: number } }>(told);
        that(usage.fileCount === 0 && usage.usedBytes === 0, `${usage.fileCount} files of a deleted app are counted`);
      });
      await stage.eventually(20, async () => {
        const body = form(world);
        const told = await stage.ask('POST', `${paths(names).setup}/stage`, { ...(await asUser()), body });
        that(codeOf(told) === 'extension_file_storage_disabled', `a deleted app takes a file in (${told.status})`);
      });
      for (const { signedUrl } of made.session) {
        await stage.eventually(cleanUpSeconds, async () => {
          const { status } = await stage.open('GET of a link to a deleted file', signedUrl);
          that(status === 404, `a link to a deleted file is answered ${status} and not 404`);
        });
      }
    },
  },
  {
    name: 'end.uploads',
    title: "the run's uploads leave their owner's list",
    needs: ['user'],
    async run(world) {
      await deleteUploads(world);
      await world.stage.eventually(20, async () => {
        const { count } = await listOf(world);
        that(count === 0, `${count} uploads are listed after all were deleted`);
      });
    },
  },
  {
    name: 'end.uploads-purged',
    title: 'an administrator deletes uploads for good, and their links die with their bytes',
    needs: ['user', 'admin'],
    after: ['end.uploads', 'uploads.private'],
    async run(world) {
      const { stage, asUser, made } = world;
      await purgeUploads(world);
      const told = await stage.ask('GET', `/v1/upload/${made.privateUpload}`, await asUser());
      refused(told, 404, 'file_not_found');
      await stage.eventually(cleanUpSeconds, async () => {
        const { status } = await stage.open('GET of a link to a deleted upload', made.privateLink ?? '');
        that(status === 404, `a link to a deleted upload is answered ${status} and not 404`);
      });
    },
  },
  {
    name: 'end.member',
    title: 'whoever is no member any more is refused',
    needs: ['platform', 'user'],
    after: ['organizations.member'],
    async run(world) {
      const { stage, asPlatform, asUser, names, made } = world;
      for (const id of made.media) {
        const { status } = await deleteMedia(world, id);
        that(status === 204 || status === 404, `media cannot be deleted (${status})`);
      }
      done(await stage.ask('PUT', memberPath(world), { ...(await asPlatform()), json: { status: 'inactive' } }));
      const json = { ownerType: 'progress_photo', mimeType: 'image/png', fileSize: 100 };
      const path = `/organizations/${names.org}/uploads/presign`;
      refused(await stage.ask('POST', path, { ...(await asUser()), json }), 403, 'not_active_member');
      made.member = false;
    },
  },
  {
    name: 'end.nothing-left',
    title: 'an administrator finds no file of the app, in whatever state',
    needs: ['admin'],
    after: ['end.app-deleted'],
    async run({ stage, names, asAdmin }) {
      for (const app of [names.app, names.smallApp]) {
        for (const query of ['?links=false', '?links=false&state=deleting']) {
          await stage.eventually(cleanUpSeconds, async () => {
            const told = await stage.ask('GET', `/admin/extensions/apps/${app}/files${query}`, await asAdmin());
            const { items } = done<{ items: { id: string; state: string }[] }>(told);
            that(
              items.length === 0,
              `${items.length} files of a deleted app are left, as ${items[0]?.id} (${items[0]?.state})`,
            );
          });
        }
      }
    },
  },
];
