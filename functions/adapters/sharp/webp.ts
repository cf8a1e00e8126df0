/** Measured on photographs: effort 2 costs less than half the time of the default 4 for a few per cent more bytes. */
export const webp = { quality: 80, effort: 2 } as const;
