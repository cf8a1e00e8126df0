import sharp, { type Sharp } from 'sharp';

/** Small pictures of every kind, made on the spot: deterministic, and nothing anyone has rights to. */

export interface Size {
  width?: number;
  height?: number;
}

/** A JPEG like a camera's: gradients with grain. 320 x 240 unless told. */
export const jpegPhoto = (size: Size = {}): Promise<Buffer> => photo(size).jpeg({ quality: 85 }).toBuffer();

/** A PNG of the same picture, 8 bits, opaque. */
export const pngPhoto = (size: Size = {}): Promise<Buffer> => photo(size).png({ compressionLevel: 3 }).toBuffer();

/** A WebP of the same picture. */
export const webpPhoto = (size: Size = {}): Promise<Buffer> => photo(size).webp({ effort: 0 }).toBuffer();

/** A still GIF of the same picture. */
export const gifPhoto = (size: Size = {}): Promise<Buffer> => photo(size).gif({ effort: 1 }).toBuffer();

/** An AVIF of the same picture: a kind that is refused unless it is allowed. */
export const avifPhoto = (size: Size = {}): Promise<Buffer> => photo(size).avif({ effort: 0 }).toBuffer();

/** A JPEG saved progressively, which a decoder must hold whole. */
export const progressiveJpeg = (size: Size = {}): Promise<Buffer> => photo(size).jpeg({ progressive: true }).toBuffer();

/** A JPEG of one channel. */
export const grayJpeg = (size: Size = {}): Promise<Buffer> => photo(size).grayscale().jpeg().toBuffer();

/** A JPEG for print, in four inks. */
export const cmykJpeg = (size: Size = {}): Promise<Buffer> => photo(size).toColourspace('cmyk').jpeg().toBuffer();

/** A PNG with 16 bits a channel. */
export const deepPng = (size: Size = {}): Promise<Buffer> => photo(size).toColourspace('rgb16').png().toBuffer();

/**
 * A PNG of one colour (230, 60, 60 in sRGB) whose numbers are those of Display P3, with the profile that says so.
 * Read without the profile they look pale.
 */
export function wideGamutPng({ bitDepth = 8 }: { bitDepth?: 8 | 16 } = {}): Promise<Buffer> {
  const flat = sharp({ create: { width: 32, height: 32, channels: 3, background: { r: 230, g: 60, b: 60 } } });
  return flat
    .toColourspace(bitDepth === 16 ? 'rgb16' : 'srgb')
    .withIccProfile('p3')
    .png()
    .toBuffer();
}

/** A PNG with a palette of 16 colours. */
export const palettePng = (size: Size = {}): Promise<Buffer> =>
  photo(size).png({ palette: true, colours: 16 }).toBuffer();

/** A PNG of black and white grain, a bit a pixel: a picture that WebP makes several times larger. */
export function grainPng({ width = 128, height = 128 }: Size = {}): Promise<Buffer> {
  const data = Buffer.alloc(width * height);
  let seed = 1;
  for (let pixel = 0; pixel < data.length; pixel += 1) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    data[pixel] = (seed >> 16) & 1 ? 255 : 0;
  }
  return sharp(data, { raw: { width, height, channels: 1 } })
    .png({ palette: true, colours: 2 })
    .toBuffer();
}

/** A PNG saved interlaced (Adam7). */
export const interlacedPng = (size: Size = {}): Promise<Buffer> => photo(size).png({ progressive: true }).toBuffer();

/** A TIFF, which browsers do not show and the product does not take. */
export const tiffPhoto = (size: Size = {}): Promise<Buffer> => photo(size).tiff().toBuffer();

/** A PNG whose left half is clear and whose right half is red. */
export function halfClearPng({ width = 64, height = 48 }: Size = {}): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    if (pixel % width >= width / 2) data.set([255, 0, 0, 255], pixel * 4);
  }
  return sharp(data, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

/** An animated GIF: `frames` pictures of plain, different colours, 80 ms each, three times over. */
export const animatedGif = (options: Size & { frames?: number } = {}): Promise<Buffer> =>
  animation(options)
    .gif({ delay: delays(options.frames), loop: 3, effort: 1 })
    .toBuffer();

/** An animated WebP of the same. */
export const animatedWebp = (options: Size & { frames?: number } = {}): Promise<Buffer> =>
  animation(options)
    .webp({ delay: delays(options.frames), loop: 3, effort: 0, lossless: true })
    .toBuffer();

/** What `phonePhoto` carries besides its picture; none of these bytes may leave the product. */
export const privateMarks = [
  'Exif',
  'GPS',
  'PhoneMaker',
  'secret-comment',
  'ns.adobe.com',
  'ICC_PROFILE',
  'ICCP',
  'XMP ',
];

/** A phone's JPEG: turned by EXIF orientation 6, with GPS, maker, XMP and a wide-gamut colour profile. */
export function phonePhoto({ width = 320, height = 240, orientation = 6 } = {}): Promise<Buffer> {
  return photo({ width, height })
    .withIccProfile('p3')
    .withExifMerge({
      IFD0: { Make: 'PhoneMaker', Model: 'Nine', ImageDescription: 'secret-comment' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '13/1 24/1 0/1' },
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/" note="http://ns.adobe.com/ secret-comment"/>')
    .withMetadata({ orientation, icc: 'p3' })
    .jpeg()
    .toBuffer();
}

/** Colours of `cornersPicture` once it is upright, by corner. */
export const corners = {
  topLeft: [255, 0, 0],
  topRight: [0, 255, 0],
  bottomLeft: [0, 0, 255],
  bottomRight: [255, 255, 0],
} as const;

/**
 * A picture, 60 x 40 when upright, with a colour in each corner, stored turned the way EXIF `orientation` (1 to 8)
 * says. Shown right, every orientation looks the same. `animated` is a WebP whose second of two frames is black.
 */
export async function cornersPicture(
  orientation: number,
  format: 'jpeg' | 'png' | 'webp' | 'animated' = 'jpeg',
): Promise<Buffer> {
  const upright = { width: 60, height: 40 };
  const sideways = orientation >= 5;
  const [width, height] = sideways ? [upright.height, upright.width] : [upright.width, upright.height];
  const frames = format === 'animated' ? 2 : 1;
  const data = Buffer.alloc(width * height * frames * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [shownX, shownY] = shownAt(orientation, x, y, width, height);
      data.set(cornerColor(shownX < upright.width / 2, shownY < upright.height / 2), (y * width + x) * 3);
    }
  }
  const raw = { width, height: height * frames, channels: 3 as const, pageHeight: height };
  const encoded = sharp(data, { raw }).withMetadata({ orientation });
  if (format === 'jpeg') return encoded.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
  if (format === 'png') return encoded.png().toBuffer();
  return encoded.webp({ lossless: true, delay: frames > 1 ? delays(frames) : 0 }).toBuffer();
}

/** The colour in the middle of each quarter of a picture, of its first frame when animated. */
export async function cornersOf(image: Uint8Array): Promise<Record<keyof typeof corners, number[]>> {
  const { data, info } = await sharp(image)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const start = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    return [...data.subarray(start, start + 3)];
  };
  return {
    topLeft: at(0.25, 0.25),
    topRight: at(0.75, 0.25),
    bottomLeft: at(0.25, 0.75),
    bottomRight: at(0.75, 0.75),
  };
}

/** Where a stored pixel is shown, by the EXIF specification's table of row 0 and column 0 for each orientation. */
function shownAt(orientation: number, x: number, y: number, width: number, height: number): [number, number] {
  const right = width - 1 - x;
  const bottom = height - 1 - y;
  const table: Record<number, [number, number]> = {
    1: [x, y],
    2: [right, y],
    3: [right, bottom],
    4: [x, bottom],
    5: [y, x],
    6: [bottom, x],
    7: [bottom, right],
    8: [y, right],
  };
  return table[orientation] ?? [x, y];
}

function cornerColor(left: boolean, top: boolean): readonly number[] {
  if (top) return left ? corners.topLeft : corners.topRight;
  return left ? corners.bottomLeft : corners.bottomRight;
}

/** Gradients, a disc and grain: compresses about as a photograph does. The grain is the same on every run. */
function photo({ width = 320, height = 240 }: Size): Sharp {
  const data = Buffer.alloc(width * height * 3);
  let seed = 1;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      const grain = ((seed >> 16) % 21) - 10;
      const disc = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2 < 0.06 ? 60 : 0;
      data[at] = 20 + (x / width) * 160 + disc + grain + 10;
      data[at + 1] = 20 + (y / height) * 160 + disc + grain;
      data[at + 2] = 200 - (x / width) * 120 - disc + grain;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function animation({ width = 48, height = 32, frames = 5 }: Size & { frames?: number }): Sharp {
  const data = Buffer.alloc(width * height * frames * 3);
  for (let frame = 0; frame < frames; frame += 1) {
    const color = [(frame * 47) % 256, (frame * 91 + 60) % 256, (255 - frame * 31 + 2560) % 256];
    for (let pixel = 0; pixel < width * height; pixel += 1) data.set(color, (frame * width * height + pixel) * 3);
  }
  return sharp(data, { raw: { width, height: height * frames, channels: 3, pageHeight: height } });
}

/** One delay for every frame; a single number would be the first frame's only. */
const delays = (frames = 5): number[] => Array<number>(frames).fill(80);
