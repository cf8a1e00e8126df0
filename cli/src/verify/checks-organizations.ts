/** An organization of the run's own, and what its member does (docs/contract.md, "Organizations"). */
import { type Offer, put } from './checks-direct.ts';
import { red } from './pictures.ts';
import type { Check } from './run.ts';
import { codeOf, done, refused, Skip, that } from './stage.ts';
import type { World } from './world.ts';

const declaration = (prefix: string) => ({ mimeType: 'image/png', fileSize: red.length, filename: `${prefix}.png` });
const mediaPath = ({ names }: World) => `/organizations/${names.org}/workouts/${names.workout}/media`;
/** Asked again under it, the stage tells which upload it was, also to whoever cleans up behind a run that was killed. */
export const mediaKey = (prefix: string) => `${prefix}-media`;

/** The one member's presign of media, the same each time. */
export const presignMedia = async (world: World) =>
  await world.stage.ask('POST', mediaPath(world), {
    ...(await world.asUser()),
    json: declaration(world.prefix),
    key: mediaKey(world.prefix),
  });

export const deleteMedia = async (world: World, uploadId: string) =>
  await world.stage.ask('DELETE', `${mediaPath(world)}/${uploadId}`, await world.asUser());

export const memberPath = ({ names, userId }: Pick<World, 'names' | 'userId'>) =>
  `/platform/organizations/${names.org}/members/${userId}`;

export const organizationChecks: Check[] = [
  {
    name: 'organizations.member',
    title: 'whoever is no member is refused, until the platform makes them one',
    needs: ['platform', 'user'],
    async run(world) {
      const { stage, asUser, asPlatform, names, prefix, made } = world;
      const path = `/organizations/${names.org}/uploads/presign`;
      const json = { ownerType: 'progress_photo', ...declaration(prefix) };
      refused(await stage.ask('POST', path, { ...(await asUser()), json }), 403, 'not_active_member');
      made.member = true;
      done(await stage.ask('PUT', memberPath(world), { ...(await asPlatform()), json: { status: 'active' } }));
      const wrong = { ...json, mimeType: 'application/zip' };
      refused(await stage.ask('POST', path, { ...(await asUser()), json: wrong }), 400, 'invalid_file_type');
      const large = { ...json, fileSize: 15 * 1024 * 1024 + 1 };
      refused(await stage.ask('POST', path, { ...(await asUser()), json: large }), 400, 'file_too_large');
    },
  },
  {
    name: 'organizations.media',
    title: 'media of a workout are put, kept, opened by link and deleted',
    needs: ['platform', 'user'],
    after: ['organizations.member'],
    async run(world) {
      const { stage, asUser, made } = world;
      const offer = done<Offer>(await presignMedia(world), 201);
      made.media.push(offer.uploadId);
      const complete = { ...(await asUser()), json: { uploadId: offer.uploadId } };
      refused(await stage.ask('POST', mediaPath(world), complete), 400, 'file_not_uploaded');
      done(await put(world, offer, red));
      const { media } = done<{ media: { key: string; url: string } }>(
        await stage.ask('POST', mediaPath(world), complete),
        201,
      );
      const told = await stage.open('GET of media', media.url);
      done(told);
      that(told.bytes.equals(red), 'media open with other bytes than were put');
      const links = { ...(await asUser()), json: { keys: [media.key] } };
      const { urls } = done<{ urls: object[] }>(await stage.ask('POST', `${mediaPath(world)}/urls`, links));
      that(urls.length === 1, 'no link is given to media that were kept');
      done(await deleteMedia(world, offer.uploadId), 204);
      await stage.eventually(60, async () => {
        const { missing } = done<{ missing: string[] }>(await stage.ask('POST', `${mediaPath(world)}/urls`, links));
        that(missing[0] === media.key, 'media that were deleted are still there');
      });
    },
  },
  {
    name: 'organizations.rows',
    title: 'a row consumes what was put, once, and nothing that was not',
    needs: ['platform', 'user'],
    after: ['organizations.member'],
    async run(world) {
      const { stage, asUser, asOther, names, prefix, options, proofs } = world;
      const user = await asUser();
      const json = { ownerType: 'progress_photo', ...declaration(prefix) };
      const offer = done<Offer>(
        await stage.ask('POST', `/organizations/${names.org}/uploads/presign`, { ...user, json }),
        201,
      );
      const row = { json: { uploadIds: [offer.uploadId], note: prefix } };
      refused(await stage.ask('POST', '/progress-photos', { ...user, ...row }), 400, 'file_not_uploaded');
      if (proofs.can('sign')) {
        const told = await stage.ask('POST', '/progress-photos', { ...(await asOther()), ...row });
        that(
          ['upload_not_owned', 'not_active_member'].includes(codeOf(told) ?? ''),
          `another user's upload: ${told.status} ${codeOf(told)}`,
        );
      }
      const unknown = { ...user, json: { uploadIds: ['0'.repeat(24)] } };
      refused(await stage.ask('POST', '/progress-photos', unknown), 400, 'upload_not_found');
      if (!options.rows)
        throw new Skip('refusals hold; a row would stay for good, since no endpoint deletes one: take --with-rows');
      done(await put(world, offer, red));
      const { id, files } = done<{ id: string; files: { url: string }[] }>(
        await stage.ask('POST', '/progress-photos', { ...user, ...row }),
        201,
      );
      done(await stage.open('GET of a photo', files[0]?.url ?? ''));
      const { items } = done<{ items: { id: string }[] }>(
        await stage.ask('GET', `/progress-photos?organizationId=${names.org}&limit=1`, user),
      );
      that(items[0]?.id === id, 'the list of photos lacks the row that was made');
      refused(await stage.ask('POST', '/progress-photos', { ...user, ...row }), 400, 'upload_not_found');
    },
  },
  {
    name: 'organizations.signature',
    title: "a form's link takes one picture of a signature, and one that nobody made takes none",
    needs: ['platform'],
    async run({ stage, names, asPlatform, prefix }) {
      const path = `/platform/organizations/${names.org}/forms/${prefix}-form/signature-tokens`;
      const json = { expiresInSeconds: 60 };
      const { token } = done<{ token: string }>(await stage.ask('POST', path, { ...(await asPlatform()), json }), 201);
      const sign = async (secret: string, what: string) => {
        const body = JSON.stringify({ sizeBytes: red.length, mimeType: 'image/png' });
        const headers = { 'content-type': 'application/json' };
        const url = `${stage.baseUrl}/forms/by-token/${secret}/signature-upload`;
        return await stage.open(`POST of a signature ${what}`, url, { method: 'POST', headers, body });
      };
      done<Offer>(await sign(token, 'by its link'), 201);
      refused(await sign(token.split('').reverse().join(''), 'by an unknown link'), 404, 'not_found');
    },
  },
  {
    name: 'organizations.minisite',
    title: 'a minisite that nobody published is not found',
    needs: [],
    async run({ stage, names }) {
      refused(await stage.ask('GET', `/organizations/${names.org}/minisite`), 404, 'not_found');
    },
  },
];
