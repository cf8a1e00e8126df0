/** A frame of a GIF as its blocks tell it; positions are into the file. */
export interface GifFrame {
  /** Its last graphic control extension's packed byte, undefined without one. */
  control?: number;
  /** Its image descriptor. */
  at: number;
  left: number;
  top: number;
  width: number;
  height: number;
  /** Its colour table, its own or the file's; undefined when there is neither. */
  colors?: number;
  /** Its compressed pixels, beginning with the size of their codes. */
  data: number;
}

/**
 * The frames of a GIF, and whether it ends in the middle of a block, as a broken transfer leaves it. The decoder does
 * not say: it takes the frames that are there, so half an animation would pass for a whole one. An end right after a
 * frame counts as one even without the trailer byte, as browsers have it; what is no GIF block is left for the decoder
 * to judge. Of a million frames no more than `most` are noted.
 * Source: GIF89a specification, https://www.w3.org/Graphics/GIF/spec-gif89a.txt, appendix B.
 */
export function readGif(bytes: Uint8Array, most = 0): { frames: GifFrame[]; endsInside: boolean } {
  const byte = (at: number) => bytes[at] ?? 0;
  const short = (at: number) => byte(at) | (byte(at + 1) << 8);
  const colorTable = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const afterSubBlocks = (start: number) => {
    let at = start;
    while (at < bytes.length && byte(at) !== 0) at += byte(at) + 1;
    return at + 1;
  };

  const globalColors = colorTable(byte(10)) > 0 ? 13 : undefined;
  const frames: GifFrame[] = [];
  let control: number | undefined;
  let at = 13 + colorTable(byte(10));
  let afterFrame = false;
  while (at < bytes.length) {
    const introducer = byte(at);
    if (introducer === extension) {
      if (byte(at + 1) === graphicControl) control = at + 3;
      at = afterSubBlocks(at + 2);
    } else if (introducer === imageDescriptor) {
      const flags = byte(at + 9);
      const data = at + 10 + colorTable(flags);
      const [left, top, width, height] = [short(at + 1), short(at + 3), short(at + 5), short(at + 7)];
      const colors = colorTable(flags) > 0 ? at + 10 : globalColors;
      if (frames.length < most) frames.push({ control, at, left, top, width, height, colors, data });
      control = undefined;
      at = afterSubBlocks(data + 1);
    } else return { frames, endsInside: false };
    afterFrame = introducer === imageDescriptor;
  }
  return { frames, endsInside: at > bytes.length || !afterFrame };
}

const extension = 0x21;
const graphicControl = 0xf9;
const imageDescriptor = 0x2c;
