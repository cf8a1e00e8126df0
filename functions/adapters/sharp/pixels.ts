/** Pixels that are there already: three or four channels of eight bits, or one or two of gray. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/**
 * Frees the memory of pixels at once: V8 does not see what lies behind a buffer of sharp, and would collect its whole heap
 * for each picture to get rid of those of the one before. The pixels are empty afterwards.
 */
export function giveBack({ data }: { data: Uint8Array }): void {
  // Buffers of sharp are never shared with others, nor parts of a pool.
  if (data.buffer.byteLength === data.byteLength) (data.buffer as ArrayBuffer).transfer(0);
}
