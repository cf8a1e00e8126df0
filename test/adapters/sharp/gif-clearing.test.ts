import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readGif } from '#adapters/sharp/gif.ts';
import { clearedToTransparent } from '#adapters/sharp/gif-clearing.ts';
import { freeColor } from '#adapters/sharp/gif-lzw.ts';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { type Frame, fourColors, gifOf, grays } from '#test/support/gifs.ts';
import { gifPhoto } from '#test/support/images.ts';

const processor = createImageProcessor();

/** The stored pixel of each frame at a point: black, red, blue, green or clear. */
async function colorsAt(gif: Buffer, x: number, y: number): Promise<string[]> {
  const { bytes } = await processor.process(gif, { maxEdge: 2560 });
  const image = sharp(bytes, { animated: true }).ensureAlpha();
  const { pageHeight, pages = 1 } = await image.metadata();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return Array.from({ length: pages }, (_, frame) => {
    const at = ((frame * (pageHeight ?? info.height) + y) * info.width + x) * 4;
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(at, at + 4);
    if (alpha < 128) return 'clear';
    const names = ['black', 'red', 'blue', 'green'];
    return (
      names.find((_name, index) =>
        [red, green, blue].every((value, channel) => Math.abs(value - (fourColors[index]?.[channel] ?? 0)) < 30),
      ) ?? `${red},${green},${blue}`
    );
  });
}

const canvas = { width: 48, height: 32 };
const box = (left: number, pixels: number, rest: Partial<Frame> = {}): Frame => ({
  left,
  top: 8,
  width: 16,
  height: 16,
  pixels,
  ...rest,
});

describe('a GIF frame that is to be cleared', () => {
  it('leaves its place transparent, whether or not a frame has a transparent colour', async () => {
    const gif = gifOf(canvas, [
      { ...canvas, pixels: 0, disposal: 2, transparent: 0 },
      box(0, 1, { disposal: 2 }),
      box(24, 2, { disposal: 2 }),
    ]);
    expect(await colorsAt(gif, 8, 16)).toEqual(['clear', 'red', 'clear']);
    expect(await colorsAt(gif, 32, 16)).toEqual(['clear', 'clear', 'blue']);
    const opaque = gifOf(canvas, [{ ...canvas, pixels: 3, disposal: 2 }, box(0, 1, { disposal: 2 }), box(24, 2)]);
    expect(await colorsAt(opaque, 8, 16)).toEqual(['green', 'red', 'clear']);
    expect(await colorsAt(opaque, 44, 4)).toEqual(['green', 'clear', 'clear']);
  });

  it('leaves what is not its place as it was', async () => {
    const gif = gifOf(canvas, [{ ...canvas, pixels: 3, disposal: 1 }, box(0, 1, { disposal: 2 }), box(24, 2)]);
    expect(await colorsAt(gif, 8, 16)).toEqual(['green', 'red', 'clear']);
    expect(await colorsAt(gif, 44, 4)).toEqual(['green', 'green', 'green']);
  });

  it('is cleared behind a transparent frame of the same size', async () => {
    const gif = gifOf(canvas, [
      { ...canvas, pixels: 1, disposal: 2 },
      { ...canvas, pixels: 3, disposal: 2, transparent: 3 },
    ]);
    expect(await colorsAt(gif, 8, 16)).toEqual(['red', 'clear']);
  });

  it('keeps its black pixels black, though black is the background', async () => {
    const gif = gifOf(canvas, [box(0, 0, { disposal: 2 }), box(24, 1, { disposal: 2 })]);
    expect(await colorsAt(gif, 8, 16)).toEqual(['black', 'clear']);
  });

  it('may use all 256 colours: one gives way to its neighbour', async () => {
    const ramp = Array.from({ length: 1024 }, (_, at) => (at * 7) % 256);
    const gif = gifOf({ ...canvas, colors: grays }, [
      { left: 0, top: 0, width: 32, height: 32, pixels: ramp, disposal: 2 },
      { left: 40, top: 0, width: 8, height: 8, pixels: 255 },
    ]);
    expect((await colorsAt(gif, 8, 16))[1]).toBe('clear');
    const frame = await sharp(clearedToTransparent(gif, readGif(gif, 9).frames))
      .ensureAlpha()
      .raw()
      .toBuffer();
    for (const [at, value] of ramp.entries()) {
      const pixel = (Math.floor(at / 32) * 48 + (at % 32)) * 4;
      expect(frame[pixel]).closeTo(value, 1);
      expect(frame[pixel + 3]).toBe(255);
    }
  });
});

describe('what no frame of a GIF covers', () => {
  it('is transparent, also where nothing tells of transparency', async () => {
    const still = gifOf(canvas, [box(0, 1)]);
    expect(await colorsAt(still, 8, 16)).toEqual(['red']);
    expect(await colorsAt(still, 44, 4)).toEqual(['clear']);
    const animated = gifOf(canvas, [box(0, 1), box(24, 2)]);
    expect(await colorsAt(animated, 32, 16)).toEqual(['clear', 'blue']);
    expect((await sharp((await processor.process(animated, { maxEdge: 99 })).bytes).metadata()).delay).toEqual([
      100, 100,
    ]);
  });
});

describe('a GIF whose clearing never shows', () => {
  it('is decoded as it came', () => {
    const gif = gifOf(canvas, [
      { ...canvas, pixels: 1, disposal: 2 },
      { ...canvas, pixels: 2, disposal: 2 },
    ]);
    expect(clearedToTransparent(gif, readGif(gif, 9).frames)).toBe(gif);
  });
});

describe('a colour that is freed', () => {
  it('changes no other pixel of a frame as an encoder compresses it', async () => {
    const gif = await gifPhoto({ width: 400, height: 300 });
    const [frame = expect.fail()] = readGif(gif, 1).frames;
    const copy = Buffer.from(gif);
    const freed = freeColor(copy, frame);
    expect(gif[frame.data]).toBe(8);
    const at = (frame.colors ?? 0) + freed * 3;
    const [before, after] = await Promise.all(
      [gif, copy].map(async (file) => await sharp(file).removeAlpha().raw().toBuffer()),
    );
    let changed = 0;
    for (let pixel = 0; pixel < 400 * 300 * 3; pixel += 3) {
      if (before?.subarray(pixel, pixel + 3).equals(after?.subarray(pixel, pixel + 3) ?? Buffer.alloc(0))) continue;
      changed += 1;
      expect([...(before?.subarray(pixel, pixel + 3) ?? [])]).toEqual([...gif.subarray(at, at + 3)]);
    }
    expect(changed).toBeLessThan(2000);
    // Free means that no pixel has it: freeing once more finds the same one unused and changes nothing.
    const again = Buffer.from(copy);
    expect(freeColor(again, frame)).toBe(freed);
    expect(again.equals(copy)).toBe(true);
  });
});
