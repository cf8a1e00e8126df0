/** Files of any type that belong to a user (docs/contract.md, "Uploads"). */
import { type Offer, put, swapsAreRefused } from './checks-direct.ts';
import { formOf, red } from './pictures.ts';
import type { Check } from './run.ts';
import { codeOf, done, refused, Skip, that } from './stage.ts';
import type { World } from './world.ts';

interface Upload {
  _id: string;
  url: string;
  type: string;
  size: string;
  status: boolean;
}
type Answer = { data: Upload };
type List = { data: { count: number; data: Upload[] } };

/** The run's own files, by the name that all of them carry. */
export const listOf = async ({ stage, asUser, prefix }: World): Promise<List['data']> =>
  done<List>(await stage.ask('GET', `/v1/upload?coinName=${prefix}&limit=100`, await asUser())).data;

async function send(
  { stage, asUser, prefix, made }: World,
  path: string,
  { bytes = red, name, type, key }: { bytes?: Buffer<ArrayBuffer>; name: string; type?: string; key?: string },
): Promise<Upload> {
  const body = formOf(bytes, { name, fields: { coinName: prefix }, ...(type !== undefined && { type }) });
  const told = await stage.ask('POST', path, { ...(await asUser()), body, ...(key !== undefined && { key }) });
  if (codeOf(told) === 'storage_not_configured') throw new Skip('the stage has no such bucket');
  const { data } = done<Answer>(told);
  if (!made.uploads.includes(data._id)) made.uploads.push(data._id);
  return data;
}

const linkOf = async ({ stage, asUser }: World, id: string) =>
  done<{ data: string }>(await stage.ask('GET', `/v1/upload/url/${id}`, await asUser())).data;

export const uploadChecks: Check[] = [
  {
    name: 'uploads.private',
    title: 'a private file is kept as it is, and opens by a signed link of its owner only',
    needs: ['user'],
    async run(world) {
      const { stage, prefix, made } = world;
      const file = await send(world, '/v1/upload/private', { name: `${prefix}.png`, key: `${prefix}-private` });
      made.privateUpload = file._id;
      that(
        file.type === 'image/png' && file.size === String(red.length),
        'the private file is told with another type or size',
      );
      const url = await linkOf(world, file._id);
      made.privateLink = url;
      const told = await stage.open('GET of a download link', url);
      done(told);
      that(told.bytes.equals(red), 'a private file opens with other bytes than were sent');
      const life = Number(new URL(url).searchParams.get('X-Amz-Expires'));
      that(life > 0 && life <= 300, `a download is signed for ${life} seconds and not for 300 at most`);
      const range = await stage.open('GET of a range', url, { headers: { range: 'bytes=1-3' } });
      done(range, 206);
      that(range.bytes.toString('latin1') === 'PNG', 'a range of a private file has other bytes');
      const unsigned = await stage.open('GET without a signature', file.url);
      that(unsigned.status >= 400, `a private file opens without a signature (${unsigned.status})`);
    },
  },
  {
    name: 'uploads.replay',
    title: 'the same Idempotency-Key stores a file once',
    needs: ['user'],
    after: ['uploads.private'],
    async run(world) {
      const { prefix, made } = world;
      const again = await send(world, '/v1/upload/private', { name: `${prefix}.png`, key: `${prefix}-private` });
      that(again._id === made.privateUpload, 'the same Idempotency-Key stored a second file');
    },
  },
  {
    name: 'uploads.listed',
    title: 'files are listed and told to their owner, and are not there for anybody else',
    needs: ['user'],
    after: ['uploads.private'],
    async run(world) {
      const { stage, asUser, asOther, made } = world;
      const id = made.privateUpload ?? '';
      await stage.eventually(10, async () => {
        const { data } = await listOf(world);
        that(
          data.some(({ _id }) => _id === id),
          'the list of uploads lacks a file that was stored',
        );
      });
      done(await stage.ask('GET', `/v1/upload/${id}`, await asUser()));
      const other = await asOther();
      for (const path of [`/v1/upload/${id}`, `/v1/upload/url/${id}`])
        refused(await stage.ask('GET', path, other), 404, 'file_not_found');
      refused(await stage.ask('DELETE', `/v1/upload/${id}`, other), 404, 'file_not_found');
    },
  },
  {
    name: 'uploads.public',
    title: 'a public file opens without a signature, and a page in one is a download',
    needs: ['user'],
    async run(world) {
      const { stage, prefix } = world;
      const file = await send(world, '/v1/upload', { name: `${prefix}.png` });
      const told = await stage.open('GET of a public file', file.url);
      done(told);
      that(told.bytes.equals(red), 'a public file opens with other bytes than were sent');
      that(
        told.headers.get('content-type') === 'image/png',
        `a public PNG opens as ${told.headers.get('content-type')}`,
      );
      const page = Buffer.from('<!doctype html><script>alert(1)</script>');
      const html = await send(world, '/v1/upload', { bytes: page, name: `${prefix}.html`, type: 'text/html' });
      const opened = await stage.open('GET of a public page', html.url);
      done(opened);
      const [type, disposition] = ['content-type', 'content-disposition'].map((name) => opened.headers.get(name) ?? '');
      that(!/html/.test(type ?? ''), `a page in the public bucket opens as ${type}`);
      that(/^attachment/.test(disposition ?? ''), 'a page in the public bucket is no download');
    },
  },
  {
    name: 'uploads.nosniff',
    title: 'the public domain tells browsers to believe the types',
    needs: ['user'],
    after: ['uploads.public'],
    async run(world) {
      const { data } = await listOf(world);
      const file = data.find(({ url }) => !url.includes('/private/'));
      if (file === undefined) throw new Skip('no public file is listed yet');
      const told = await world.stage.open('GET of a public file', file.url);
      if (told.headers.get('x-content-type-options') === 'nosniff') return;
      throw new Skip('not set: see docs/operating.md, "First deploy", and stowage doctor');
    },
  },
  {
    name: 'uploads.direct',
    title: 'a presigned PUT stores a file, and swapped bytes are refused',
    needs: ['user'],
    async run(world) {
      const { stage, asUser, prefix, made } = world;
      const json = {
        filename: `${prefix}.png`,
        mimeType: 'image/png',
        sizeBytes: red.length,
        private: true,
        coinName: prefix,
      };
      const { data: offer } = done<{ data: Offer }>(
        await stage.ask('POST', '/v1/upload/presign', { ...(await asUser()), json }),
      );
      made.uploads.push(offer.uploadId);
      await swapsAreRefused(world, offer);
      done(await put(world, offer, red));
      const completing = { ...(await asUser()), json: { uploadId: offer.uploadId } };
      const { data } = done<Answer>(await stage.ask('POST', '/v1/upload/complete', completing));
      that(data.size === String(red.length), 'a direct upload is told with another size than was sent');
    },
  },
  {
    name: 'uploads.deleted',
    title: 'a deleted file leaves the list at once, and is deleted as often as anybody likes',
    needs: ['user'],
    after: ['uploads.private'],
    async run(world) {
      const { stage, asUser, made } = world;
      const id = made.privateUpload ?? '';
      for (let times = 0; times < 2; times += 1) done(await stage.ask('DELETE', `/v1/upload/${id}`, await asUser()));
      const { data } = done<Answer>(await stage.ask('GET', `/v1/upload/${id}`, await asUser()));
      that(data.status === false, 'a deleted file is told as if it were there');
      await stage.eventually(10, async () => {
        const list = await listOf(world);
        that(!list.data.some(({ _id }) => _id === id), 'a deleted file is listed');
      });
    },
  },
];
