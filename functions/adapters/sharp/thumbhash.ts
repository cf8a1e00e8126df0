import type { Sharp as Pipeline } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

/** Edge in pixels of the picture the hash is made of. The hash keeps 7 waves an axis at most, so more tells it nothing. */
const edge = 32;

/** Base64 thumbhash (about 25 bytes) of a picture, of its first frame when animated. https://evanw.github.io/thumbhash/ */
export async function thumbhashOf(picture: Pipeline): Promise<string> {
  const { data, info } = await picture
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
}
