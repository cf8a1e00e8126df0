/** Pixels an image may have, so that what its decoder holds at its worst stays well below a function's memory. */
export interface PixelLimits {
  /** Of a picture, and of one frame of an animation. */
  picture: number;
  /** Of an AVIF, whose decoder holds 18 to 25 bytes a pixel, at least twice as much as the others. */
  avif: number;
  /** Of all frames of an animation, which pass through one by one. */
  animation: number;
  /** Bytes that the decoder of a progressive JPEG or an interlaced PNG may hold, see `heldPerPixel`. */
  held: { jpeg: number; png: number };
}

/**
 * Sixty-four mebipixels, which the "50 megapixels" of phones (8192 x 6144) are less than; half of that for AVIF; and a
 * hundred million for animations, which took two to thirteen seconds of CPU. What is held whole keeps a picture within 420
 * MiB: 46 megapixels of a progressive JPEG of full colour resolution, 64 of an interlaced PNG with transparency. Measured:
 * "Limits" in `docs/operating.md`.
 */
export const pixelLimits: PixelLimits = {
  picture: 2 ** 26,
  avif: 2 ** 25,
  animation: 100_000_000,
  held: { jpeg: 280_000_000, png: 256_000_000 },
};
