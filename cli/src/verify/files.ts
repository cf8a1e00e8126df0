/** What checks of extensions share: how files are sent, listed, opened and refused for their size. */
import { formOf, red } from './pictures.ts';
import { done, refused, that } from './stage.ts';
import { paths, type World } from './world.ts';

export interface Stored {
  id: string;
  signedUrl: string;
  publicUrl: string;
  urlExpiresAt: string;
  sizeBytes: number;
  mimeType: string;
  width: number;
}
export type Staged = { file: Stored; stagedQuota: { fileCount: number; bytesUsed: number } };

export const stagedList = async ({ stage, names, asUser }: World) =>
  done<{ items: Stored[]; stagedQuota: Staged['stagedQuota'] }>(
    await stage.ask('GET', `${paths(names).setup}/staged`, await asUser()),
  );
export const form = ({ prefix, names }: World, bytes = red) =>
  formOf(bytes, { name: `${prefix}.png`, fields: { draftId: names.draft, purpose: 'verify' } });

/** A signed link opens, says what it opens as, lives no longer than it tells, and does not open when it is changed. */
export async function linkHolds(
  { stage }: World,
  { signedUrl, urlExpiresAt }: Pick<Stored, 'signedUrl' | 'urlExpiresAt'>,
) {
  const told = await stage.open('GET of a signed link', signedUrl);
  done(told);
  const type = told.headers.get('content-type');
  that(type === 'image/webp', `a signed link opens as ${type} and not as image/webp`);
  const cache = told.headers.get('cache-control') ?? '';
  that(/private/.test(cache) && /immutable/.test(cache), `a signed link says cache-control: ${cache || 'nothing'}`);
  const left = (Date.parse(urlExpiresAt) - Date.now()) / 1000;
  that(left > 0 && left <= 660, `urlExpiresAt is ${Math.round(left)} seconds away, which is not within ten minutes`);
  const url = new URL(signedUrl);
  const life = Number(url.searchParams.get('X-Amz-Expires'));
  that(life > 0 && life <= 600, `a link is signed for ${life} seconds and not for ten minutes at most`);
  url.searchParams.set('X-Amz-Expires', String(life + 3600));
  const longer = await stage.open('GET of a link whose expiry was changed', url.href);
  that(longer.status === 403, `a link whose expiry was changed is answered ${longer.status} and not 403`);
}

/** What was declared is refused for its size before a byte is sent, and the refusal tells by how much. */
export async function quotaHolds(
  { stage, prefix }: World,
  base: string,
  as: object,
  { sizeBytes, code, limitBytes }: { sizeBytes: number; code: string; limitBytes: number },
): Promise<void> {
  // A GIF is reserved as it is declared, where a PNG is by what it may weigh as WebP.
  const json = { filename: `${prefix}.gif`, mimeType: 'image/gif', sizeBytes };
  const told = await stage.ask('POST', `${base}/presign`, { ...as, json });
  const details = refused(told, 409, code);
  that(details.limitBytes === limitBytes, `${code} tells limitBytes ${details.limitBytes}, not ${limitBytes}`);
  that(
    details.requestedBytes === sizeBytes,
    `${code} tells requestedBytes ${details.requestedBytes}, not ${sizeBytes}`,
  );
}
