/** Settings, staging and quotas of a throw-away app (docs/contract.md, "Setup staging"). */
import { form, linkHolds, quotaHolds, type Staged, stagedList } from './files.ts';
import { blue, formOf, red } from './pictures.ts';
import { type Check, same } from './run.ts';
import { done, refused, that } from './stage.ts';
import { limits, paths } from './world.ts';

const appChecks: Check[] = [
  {
    name: 'extensions.off',
    title: 'storage of an app that nobody enabled is off, and says so',
    needs: ['user'],
    async run({ stage, names, asUser, prefix }) {
      const base = `/api/extensions/apps/${names.offApp}/files`;
      const { enabled, r2Configured } = done(await stage.ask('GET', `${base}/capabilities`, await asUser()));
      that(enabled === false, 'capabilities: an app that nobody enabled is enabled');
      that(r2Configured === true, 'capabilities: no bucket is configured');
      const body = formOf(red, { name: `${prefix}.png` });
      refused(
        await stage.ask('POST', `${base}/stage`, { ...(await asUser()), body }),
        403,
        'extension_file_storage_disabled',
      );
    },
  },
  {
    name: 'extensions.settings',
    title: 'an administrator enables an app and sets its limits',
    needs: ['admin'],
    async run({ stage, names, asAdmin, made }) {
      made.apps.push(names.app, names.smallApp);
      const admin = await asAdmin();
      const { file: maxFileBytes, session: maxBytesPerSession, staged: maxStagedBytesPerUserPerApp, small } = limits;
      const settings = { enabled: true, maxFileBytes, maxBytesPerSession, maxStagedBytesPerUserPerApp };
      const path = `${paths(names).admin}/file-storage`;
      const set = done<{ settings: object; usage: object }>(await stage.ask('PUT', path, { ...admin, json: settings }));
      that(same({ ...set.settings, ...settings }, set.settings), 'PUT of settings: the answer has other settings');
      const got = done<{ usage: object }>(await stage.ask('GET', path, admin));
      that(same(got.usage, { usedBytes: 0, fileCount: 0 }), 'a new app has usage');
      const smallApp = { enabled: true, maxBytesPerApp: small };
      done(
        await stage.ask('PUT', `/admin/extensions/apps/${names.smallApp}/file-storage`, { ...admin, json: smallApp }),
      );
      const unknown = { ...admin, json: { noSuchSetting: 1 } };
      refused(await stage.ask('PUT', path, unknown), 400, 'validation_failed');
    },
  },
  {
    name: 'extensions.keys',
    title: 'a developer key is told once, and listed without its secret',
    needs: ['admin'],
    after: ['extensions.settings'],
    async run({ stage, names, asAdmin, made, prefix }) {
      const path = `${paths(names).admin}/developer-keys`;
      const admin = await asAdmin();
      const { key, keyId } = done<Record<string, string>>(
        await stage.ask('POST', path, { ...admin, json: { label: prefix } }),
        201,
      );
      Object.assign(made, { key, keyId });
      that(key?.startsWith(`sk_${names.app}_`) === true, 'a developer key does not begin with its app');
      const list = await stage.ask('GET', path, admin);
      done(list);
      that(!list.bytes.includes(String(key).slice(-43)), 'the list of keys shows a secret');
      that(list.bytes.includes(String(keyId)), 'the list of keys lacks the one that was made');
    },
  },
];

const stagedChecks: Check[] = [
  {
    name: 'extensions.stage',
    title: 'a picture is staged, written anew as WebP, counted, and opened by its link',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const { stage, names, asUser, made } = world;
      const told = await stage.ask('POST', `${paths(names).setup}/stage`, { ...(await asUser()), body: form(world) });
      const { file, stagedQuota } = done<Staged>(told, 201);
      made.staged = file;
      that(file.mimeType === 'image/webp' && file.width === 24, 'the staged file is not the picture as WebP');
      that(file.publicUrl === file.signedUrl, 'publicUrl and signedUrl differ');
      that(stagedQuota.bytesUsed === file.sizeBytes, 'stagedQuota does not count what was staged');
      await linkHolds(world, file);
    },
  },
  {
    name: 'extensions.staged-list',
    title: 'staged files are listed to their user and found by nobody else',
    needs: ['user', 'admin'],
    after: ['extensions.stage'],
    async run(world) {
      const { stage, names, asOther, made } = world;
      const id = made.staged?.id ?? '';
      await stage.eventually(10, async () => {
        const { items } = await stagedList(world);
        that(items.length === 1 && items[0]?.id === id, `the list of staged files has ${items.length} of 1`);
      });
      const other = await asOther();
      refused(await stage.ask('GET', `${paths(names).setup}/${id}`, other), 404, 'file_not_found');
      refused(await stage.ask('DELETE', `${paths(names).setup}/staged/${id}`, other), 404, 'file_not_found');
    },
  },
  {
    name: 'extensions.range',
    title: 'a part of a file is read by its link',
    needs: ['user', 'admin'],
    after: ['extensions.stage'],
    async run({ stage, made }) {
      const headers = { range: 'bytes=0-3' };
      const told = await stage.open('GET of a range', made.staged?.signedUrl ?? '', { headers });
      done(told, 206);
      that(told.bytes.toString('latin1') === 'RIFF', 'the first four bytes of a WebP are not RIFF');
      const wanted = `bytes 0-3/${made.staged?.sizeBytes}`;
      that(
        told.headers.get('content-range') === wanted,
        `a range is told as ${told.headers.get('content-range')}, not ${wanted}`,
      );
    },
  },
  {
    name: 'extensions.replay',
    title: 'the same Idempotency-Key stores once, and is refused with other bytes',
    needs: ['user', 'admin'],
    after: ['extensions.stage'],
    async run(world) {
      const { stage, names, asUser, prefix } = world;
      const path = `${paths(names).setup}/stage`;
      const send = async (bytes = red) =>
        await stage.ask('POST', path, { ...(await asUser()), body: form(world, bytes), key: `${prefix}-replay` });
      const { file } = done<Staged>(await send(), 201);
      const again = done<Staged>(await send(), 201);
      that(again.file.id === file.id, 'the same Idempotency-Key stored a second file');
      refused(await send(blue), 422, 'idempotency_key_reused');
      done(await stage.ask('DELETE', `${paths(names).setup}/staged/${file.id}`, await asUser()), 204);
    },
  },
  {
    name: 'extensions.refused-bytes',
    title: 'a text, half a picture and too large a file are refused, and nothing is counted',
    needs: ['user', 'admin'],
    after: ['extensions.stage'],
    async run(world) {
      const { stage, names, asUser, made } = world;
      const send = async (bytes: Buffer<ArrayBuffer>, name: string) =>
        await stage.ask('POST', `${paths(names).setup}/stage`, { ...(await asUser()), body: formOf(bytes, { name }) });
      refused(await send(Buffer.from('no picture at all'), 'a.png'), 415, 'invalid_file_type');
      refused(await send(red.subarray(0, red.length - 40), 'a.png'), 422, 'invalid_image');
      const details = refused(await send(Buffer.alloc(limits.file + 1000), 'a.png'), 413, 'file_too_large');
      that(details.maxBytes === limits.file, `file_too_large tells maxBytes ${details.maxBytes}, not ${limits.file}`);
      const nothing = await stage.ask('POST', `${paths(names).setup}/stage`, {
        ...(await asUser()),
        body: new FormData(),
      });
      refused(nothing, 400, 'validation_failed');
      const { stagedQuota } = await stagedList(world);
      that(stagedQuota.bytesUsed === made.staged?.sizeBytes, 'refused uploads are counted in stagedQuota');
    },
  },
  {
    name: 'extensions.staged-quota',
    title: 'a user stages no more of an app than may be staged',
    needs: ['user', 'admin'],
    after: ['extensions.stage'],
    async run(world) {
      const sizeBytes = limits.staged + 1;
      await quotaHolds(world, `${paths(world.names).setup}`, await world.asUser(), {
        sizeBytes,
        code: 'extension_staged_user_app_storage_quota_exceeded',
        limitBytes: limits.staged,
      });
    },
  },
  {
    name: 'extensions.app-quota',
    title: 'an app stores no more than it may',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      await quotaHolds(world, `/api/extensions/apps/${world.names.smallApp}/files`, await world.asUser(), {
        sizeBytes: limits.small + 1,
        code: 'extension_app_storage_quota_exceeded',
        limitBytes: limits.small,
      });
    },
  },
];

export const stagingChecks: Check[] = [...appChecks, ...stagedChecks];
