/** Claims, and the session that shows and stores files (docs/contract.md, "Claims" and "Session files"). */
import { form, linkHolds, quotaHolds, type Stored, stagedList } from './files.ts';
import { blue, red } from './pictures.ts';
import { type Check, same } from './run.ts';
import { done, refused, Skip, that } from './stage.ts';
import { limits, paths } from './world.ts';

const reference = (fileId: string) => ({ provider: 'chastify_storage', fileId, signedUrl: 'https://old.invalid/' });

const claimChecks: Check[] = [
  {
    name: 'extensions.claim',
    title: 'a saved config claims its file, and is given back without links',
    needs: ['platform', 'user', 'admin'],
    after: ['extensions.stage'],
    async run(world) {
      const { stage, names, asPlatform, made, userId } = world;
      const path = `/platform/extensions/${names.app}/claims`;
      const id = made.staged?.id ?? '';
      const target = { type: 'lock', id: names.lock, sessionId: names.session };
      const json = { userId, target, config: { board: { image: reference(id) } } };
      refused(await stage.ask('POST', path, { ...(await asPlatform()), json: { userId } }), 400, 'validation_failed');
      const claim = done<{ claimId: string; config: unknown; claimed: string[] }>(
        await stage.ask('POST', path, { ...(await asPlatform()), json }),
      );
      made.claimId = claim.claimId;
      that(same(claim.claimed, [id]), 'the claim does not name the file that the config references');
      const wanted = { board: { image: { provider: 'chastify_storage', fileId: id } } };
      that(same(claim.config, wanted), 'the config comes back with links, or changed');
      const again = done<{ claimId: string }>(await stage.ask('POST', path, { ...(await asPlatform()), json }));
      that(again.claimId === claim.claimId, 'the same claim again is another claim');
      const other = { ...json, target: { type: 'lock', id: `${names.lock}-2` } };
      refused(await stage.ask('POST', path, { ...(await asPlatform()), json: other }), 409, 'file_already_claimed');
      const unknown = { ...json, config: reference('0'.repeat(24)) };
      refused(await stage.ask('POST', path, { ...(await asPlatform()), json: unknown }), 404, 'file_not_found');
    },
  },
  {
    name: 'extensions.session-read',
    title: "the session's page reads the claimed file, and may write nothing",
    needs: ['session', 'platform', 'user', 'admin'],
    after: ['extensions.claim'],
    async run(world) {
      const { stage, names, asPage, proofs, made, userId } = world;
      const { files } = paths(names);
      const page = await asPage();
      await stage.eventually(10, async () => {
        const { items } = done<{ items: Stored[] }>(await stage.ask('GET', files, page));
        that(items.length === 1 && items[0]?.id === made.staged?.id, `the session lists ${items.length} files of 1`);
      });
      const { file } = done<{ file: Stored }>(await stage.ask('GET', `${files}/${made.staged?.id}`, page));
      await linkHolds(world, file);
      refused(await stage.ask('POST', files, { ...page, body: form(world) }), 403, 'insufficient_scope');
      refused(await stage.ask('DELETE', `${files}/${made.staged?.id}`, page), 403, 'insufficient_scope');
      const ids = { sub: userId, appId: names.app, sessionId: `${names.session}-2`, lockId: names.lock };
      const elsewhere = { token: await proofs.session(ids) };
      refused(await stage.ask('GET', files, elsewhere), 404, 'not_found');
    },
  },
  {
    name: 'extensions.roll-back',
    title: 'a claim that is taken back leaves its file staged, to be deleted by its user',
    needs: ['platform', 'user', 'admin'],
    after: ['extensions.claim'],
    async run(world) {
      const { stage, names, asPlatform, asUser, made } = world;
      const path = `/platform/extensions/claims/${made.claimId}`;
      done(await stage.ask('DELETE', path, await asPlatform()), 204);
      delete made.claimId;
      await stage.eventually(10, async () => {
        const { items } = await stagedList(world);
        that(items[0]?.id === made.staged?.id, 'the file of a claim that was taken back is not staged again');
      });
      const { setup } = paths(names);
      done(await stage.ask('DELETE', `${setup}/staged/${made.staged?.id}`, await asUser()), 204);
      refused(await stage.ask('GET', `${setup}/${made.staged?.id}`, await asUser()), 404, 'file_not_found');
    },
  },
];

const writingChecks: Check[] = [
  {
    name: 'extensions.session-write',
    title: "an extension's backend stores into its session and deletes there; a wrong key does not",
    needs: ['session', 'admin'],
    after: ['extensions.keys'],
    async run(world) {
      const { stage, names, asBackend, made } = world;
      const { files } = paths(names);
      const backend = await asBackend();
      const { file } = done<{ file: Stored }>(
        await stage.ask('POST', files, { ...backend, body: form(world, blue) }),
        201,
      );
      made.session.push(file);
      await linkHolds(world, file);
      const wrong = { ...backend, token: `sk_${names.app}_${'A'.repeat(43)}` };
      refused(await stage.ask('DELETE', `${files}/${file.id}`, wrong), 401, 'unauthorized');
      const second = done<{ file: Stored }>(await stage.ask('POST', files, { ...backend, body: form(world) }), 201);
      done(await stage.ask('DELETE', `${files}/${second.file.id}`, backend), 204);
      refused(await stage.ask('GET', `${files}/${second.file.id}`, backend), 404, 'file_not_found');
    },
  },
  {
    name: 'extensions.session-quota',
    title: 'a session stores no more than it may',
    needs: ['session', 'admin'],
    after: ['extensions.session-write'],
    async run(world) {
      await quotaHolds(world, paths(world.names).files, await world.asBackend(), {
        sizeBytes: limits.session + 1,
        code: 'extension_session_storage_quota_exceeded',
        limitBytes: limits.session,
      });
    },
  },
  {
    name: 'extensions.state',
    title: "a session's state is written and read, and keeps no file and no signed link",
    needs: ['session', 'admin'],
    after: ['extensions.keys'],
    async run({ stage, names, asBackend, made }) {
      const { state } = paths(names);
      const backend = await asBackend();
      const json = { verified: true, files: made.session.map(({ id }) => id) };
      done(await stage.ask('PUT', state, { ...backend, json }));
      const told = done<{ state: unknown }>(await stage.ask('GET', state, backend));
      that(same(told.state, json), 'the state that is read is not the one that was written');
      const bytes = { image: `data:image/png;base64,${red.toString('base64')}` };
      refused(await stage.ask('PUT', state, { ...backend, json: bytes }), 400, 'validation_failed');
      const [file] = made.session;
      if (file === undefined) throw new Skip('no file was stored whose link could be refused');
      refused(await stage.ask('PUT', state, { ...backend, json: { image: file.signedUrl } }), 400, 'validation_failed');
    },
  },
];

export const sessionChecks: Check[] = [...claimChecks, ...writingChecks];
