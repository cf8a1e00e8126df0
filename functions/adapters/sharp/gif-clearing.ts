import type { GifFrame } from './gif.ts';
import { freeColor } from './gif-lzw.ts';

/**
 * A GIF that the decoder clears as browsers do: to transparent. It clears the place of a frame to the file's background
 * colour, black as a rule, unless the frame has a transparent colour, and gives a picture without any such frame no
 * transparency at all, so that what no frame covers comes out black. So frames whose clearing shows get a transparent
 * colour that none of their pixels has. The same bytes when nothing of that shows.
 * Source: `nsgif__restore_bg` of libnsgif, which libvips reads GIFs with; the GIF89a specification, 23 and appendix A.
 */
export function clearedToTransparent(bytes: Uint8Array, frames: readonly GifFrame[]): Uint8Array {
  const marked = frames.filter(
    (frame, index) =>
      !isTransparent(bytes, frame) &&
      (clearingShows(bytes, frame, frames[index + 1]) || (index === 0 && leavesRoom(bytes, frame))),
  );
  if (marked.length === 0) return bytes;
  const file = Buffer.from(bytes);
  const parts: Buffer[] = [];
  let copied = 0;
  for (const frame of marked) {
    const color = freeColor(file, frame);
    if (frame.control === undefined) {
      parts.push(file.subarray(copied, frame.at), Buffer.from([0x21, 0xf9, 4, 1, unsaidDelay, 0, color, 0]));
      copied = frame.at;
    } else {
      file[frame.control] = (file[frame.control] ?? 0) | 1;
      file[frame.control + 3] = color;
    }
  }
  return parts.length === 0 ? file : Buffer.concat([...parts, file.subarray(copied)]);
}

/** Hundredths of a second the decoder gives a frame that tells no time. */
const unsaidDelay = 10;

const packed = (bytes: Uint8Array, { control }: GifFrame) => (control === undefined ? 0 : (bytes[control] ?? 0));
const isTransparent = (bytes: Uint8Array, frame: GifFrame) => (packed(bytes, frame) & 1) === 1;

/** Whether a frame's place is cleared after it, and the next one does not hide that. */
function clearingShows(bytes: Uint8Array, frame: GifFrame, next: GifFrame | undefined): boolean {
  const disposal = (packed(bytes, frame) >> 2) & 7;
  if (disposal !== 2 || next === undefined) return false;
  return isTransparent(bytes, next) || !covers(next, frame);
}

/** Whether the first frame is smaller than the picture. */
function leavesRoom(bytes: Uint8Array, frame: GifFrame): boolean {
  const [width, height] = [8, 10].map((end) => (bytes[end - 2] ?? 0) | ((bytes[end - 1] ?? 0) << 8));
  return !covers(frame, { left: 0, top: 0, width: width ?? 0, height: height ?? 0 });
}

type Place = Pick<GifFrame, 'left' | 'top' | 'width' | 'height'>;

const covers = (one: Place, other: Place) =>
  one.left <= other.left &&
  one.top <= other.top &&
  one.left + one.width >= other.left + other.width &&
  one.top + one.height >= other.top + other.height;
