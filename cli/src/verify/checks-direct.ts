/** Bytes that go straight into the bucket (docs/contract.md, "Direct upload"). */
import { createHash } from 'node:crypto';
import { linkHolds, type Stored } from './files.ts';
import { blue, red } from './pictures.ts';
import type { Check } from './run.ts';
import { done, refused, Skip, type Told, that } from './stage.ts';
import { paths, type World } from './world.ts';

export interface Offer {
  uploadId: string;
  uploadUrl: string;
  headers: Record<string, string>;
  contentLength: number;
}

/** PUTs with the headers that were answered, and whatever bytes. */
export const put = async (
  { stage }: World,
  { uploadUrl, headers }: Offer,
  body: Uint8Array<ArrayBuffer>,
): Promise<Told> => await stage.open('PUT of a direct upload', uploadUrl, { method: 'PUT', headers, body });

async function presign({ stage, names, asUser, prefix }: World): Promise<Offer> {
  const json = { filename: `${prefix}.png`, mimeType: 'image/png', sizeBytes: red.length, draftId: names.draft };
  return done<Offer>(await stage.ask('POST', `${paths(names).setup}/presign`, { ...(await asUser()), json }), 201);
}

/** Finishes it; the id of what was stored is kept for the end where it is. */
const complete = async ({ stage, names, asUser }: World, { uploadId }: Offer) =>
  await stage.ask('POST', `${paths(names).setup}/complete`, { ...(await asUser()), json: { uploadId } });

const giveUp = async ({ stage, names, asUser }: World, id: string) =>
  await stage.ask('DELETE', `${paths(names).setup}/staged/${id}`, await asUser());

/** Bytes of another length than was signed are refused by the bucket, and those of another type by `complete`. */
export async function swapsAreRefused(world: World, offer: Offer): Promise<void> {
  const longer = await put(world, offer, Buffer.concat([red, red]));
  that(
    longer.status === 403,
    `the bucket answers ${longer.status}, not 403, to a PUT of another length than was signed`,
  );
  const headers = { ...offer.headers, 'content-type': 'text/html' };
  const typed = await put(world, { ...offer, headers }, red);
  that(typed.status === 403, `the bucket answers ${typed.status}, not 403, to a PUT of another type than was signed`);
}

export const directChecks: Check[] = [
  {
    name: 'direct.upload',
    title: 'a presigned PUT stores what was declared, and nothing that is put there later',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const offer = await presign(world);
      done(await put(world, offer, red));
      const { file } = done<{ file: Stored }>(await complete(world, offer), 201);
      await linkHolds(world, file);
      const again = done<{ file: Stored }>(await complete(world, offer), 201);
      that(again.file.id === file.id, 'completing again stored a second file');
      const before = await world.stage.open('GET of a direct upload', file.signedUrl);
      await put(world, offer, Buffer.concat([blue], red.length));
      const after = await world.stage.open('GET of a direct upload', file.signedUrl);
      that(before.bytes.equals(after.bytes), 'a PUT after completion changed what is stored');
      done(await giveUp(world, file.id), 204);
    },
  },
  {
    name: 'direct.swapped',
    title: 'bytes of another length or type than was declared are refused, and their reservation is given back',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const offer = await presign(world);
      await swapsAreRefused(world, offer);
      refused(await complete(world, offer), 400, 'file_not_uploaded');
      done(await put(world, offer, Buffer.alloc(red.length, 'no picture ')));
      refused(await complete(world, offer), 415, 'invalid_file_type');
    },
  },
  {
    name: 'direct.unsigned',
    title: 'a PUT that asks in a header of its own for a copy of another object gets none',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const [source, offer] = [await presign(world), await presign(world)];
      done(await put(world, source, red));
      const { file } = done<{ file: Stored }>(await complete(world, source), 201);
      const headers = { ...offer.headers, 'x-amz-copy-source': new URL(file.signedUrl).pathname };
      const told = await put(world, { ...offer, headers }, red);
      // Who took it must have stored the body: a copy would be of whatever object the URL's signer may read.
      const ownTag = `"${createHash('md5').update(red).digest('hex')}"`;
      that(
        told.status === 403 || told.headers.get('etag') === ownTag,
        `the bucket answers ${told.status} to x-amz-copy-source, which was not signed, and stores what it names`,
      );
      done(await giveUp(world, offer.uploadId), 204);
      done(await giveUp(world, file.id), 204);
    },
  },
  {
    name: 'direct.given-up',
    title: 'a direct upload that is given up is not there to be completed',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const offer = await presign(world);
      done(await giveUp(world, offer.uploadId), 204);
      refused(await complete(world, offer), 404, 'file_not_found');
    },
  },
  {
    name: 'direct.cors',
    title: 'pages of the origin that was given may PUT into the bucket',
    needs: ['user', 'admin'],
    after: ['extensions.settings'],
    async run(world) {
      const { origin } = world.options;
      if (origin === undefined) throw new Skip('takes --origin, one of the pages that upload');
      const offer = await presign(world);
      const headers = {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': Object.keys(offer.headers).join(','),
      };
      const told = await world.stage.open('OPTIONS of the bucket', offer.uploadUrl, { method: 'OPTIONS', headers });
      const allowed = told.headers.get('access-control-allow-origin');
      that(
        told.status < 300 && (allowed === origin || allowed === '*'),
        `the bucket's CORS does not let ${origin} PUT`,
      );
      done(await giveUp(world, offer.uploadId), 204);
    },
  },
];
