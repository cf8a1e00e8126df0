import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { mendedJpeg } from '#adapters/sharp/jpeg.ts';
import { damaged } from '#test/support/hostile-images.ts';
import { grayJpeg } from '#test/support/images.ts';
import * as odd from '#test/support/odd-jpegs.ts';

const processor = createImageProcessor();
const process = (bytes: Uint8Array) => processor.process(bytes, { maxEdge: 2560 });
const refusal = (bytes: Uint8Array) =>
  process(bytes).then(
    () => 'accepted',
    (error: { details?: { reason?: string } }) => error.details?.reason,
  );

describe.each(Object.entries(odd.jpegs))('a %s JPEG that every decoder shows', (_coding, make) => {
  it.each(Object.entries(odd.harmless))('is taken as the picture it is, with %s', async (_name, change) => {
    const whole = await make();
    const [result, expected] = [await process(change(whole)), await process(whole)];
    expect(Buffer.from(result.bytes).equals(expected.bytes)).toBe(true);
  });
});

describe('a JPEG of one component', () => {
  it.each(Object.entries(odd.harmless))('is taken as the picture it is, with %s', async (_name, change) => {
    expect((await process(change(await grayJpeg()))).width).toBe(320);
  });
});

describe('a JPEG from a Samsung phone', () => {
  it('is taken with the scan parameters of its firmware, and refused when it is cut', async () => {
    const file = await odd.zeroScanParameters();
    await expect(sharp(file).raw().toBuffer()).rejects.toThrow('Invalid SOS parameters');
    expect(await process(file)).toMatchObject({ width: 320, height: 240 });
    expect(await process(odd.endless(file))).toMatchObject({ width: 320, height: 240 });
    for (const share of [0.3, 0.5, 0.9, 0.99]) {
      const cut = file.subarray(0, Math.floor(file.length * share));
      expect(await refusal(cut), `${share}`).toBe('truncated');
      expect(await refusal(odd.withEnd(cut)), `${share}, with an end`).toBe('truncated');
    }
  });
});

describe.each(Object.entries(odd.jpegs))('a %s JPEG that lacks data', (_coding, make) => {
  it('is refused as truncated with an end marker put behind the cut, and with oddities before it', async () => {
    const whole = await make();
    const stray = odd.harmless['stray bytes between its segments'] ?? expect.fail();
    for (const share of [0.3, 0.5, 0.9, 0.99]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      for (const file of [cut, odd.withEnd(cut), stray(cut), odd.withEnd(stray(cut))]) {
        expect(await refusal(file), `${share}`).toBe('truncated');
      }
      expect(await refusal(Buffer.concat([cut, Buffer.alloc(whole.length - cut.length)])), `${share}, zeros`).not.toBe(
        'accepted',
      );
    }
  });
});

describe('a progressive JPEG', () => {
  it('is refused as truncated when it ends between two of its scans', async () => {
    expect(await refusal(await odd.missingScans())).toBe('truncated');
  });

  it('is refused as corrupt when damage leaves more before its end than strays', async () => {
    expect(await refusal(damaged(await odd.jpegs.progressive(), { at: 0.1 }))).toBe('corrupt');
  });
});

describe('a file of millions of JPEG markers', () => {
  it('is refused without work or memory for each', async () => {
    const file = await odd.onlyMarkers();
    const start = performance.now();
    expect(mendedJpeg(file, '')).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1000);
    expect(await refusal(file)).not.toBe('accepted');
  });
});
