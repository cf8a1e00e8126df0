/**
 * Whether a GIF ends in the middle of a block, as a broken transfer leaves it. The decoder does not say: it takes the
 * frames that are there, so half an animation would pass for a whole one. An end right after a frame counts as one
 * even without the trailer byte, as browsers have it; what is no GIF block is left for the decoder to judge.
 * Source: GIF89a specification, https://www.w3.org/Graphics/GIF/spec-gif89a.txt, appendix B.
 */
export function endsInsideGif(bytes: Uint8Array): boolean {
  const byte = (at: number) => bytes[at] ?? 0;
  const colorTable = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const afterSubBlocks = (start: number) => {
    let at = start;
    while (at < bytes.length && byte(at) !== 0) at += byte(at) + 1;
    return at + 1;
  };

  let at = 13 + colorTable(byte(10));
  let afterFrame = false;
  while (at < bytes.length) {
    const introducer = byte(at);
    if (introducer === extension) at = afterSubBlocks(at + 2);
    else if (introducer === imageDescriptor) at = afterSubBlocks(at + 11 + colorTable(byte(at + 9)));
    else return false;
    afterFrame = introducer === imageDescriptor;
  }
  return at > bytes.length || !afterFrame;
}

const extension = 0x21;
const imageDescriptor = 0x2c;
