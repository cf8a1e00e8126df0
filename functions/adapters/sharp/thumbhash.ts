import { rgbaToThumbHash } from 'thumbhash';
import type { Sharp } from './library.ts';

/** Edge in pixels of the picture the hash is made of; the algorithm takes at most 100, and more than this changes nothing visible. */
const edge = 64;

/** Base64 thumbhash (about 25 bytes) of a decodable image, of its first frame when animated. https://evanw.github.io/thumbhash/ */
export async function thumbhashOf(sharp: Sharp, image: Uint8Array): Promise<string> {
  const { data, info } = await sharp(image)
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
}
