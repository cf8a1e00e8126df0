import { StowageError } from './errors.ts';

/** Longest accepted data URL in characters: base64 is held several times over in memory, so larger images come as files. */
export const maxDataUrlLength = 3_000_000;

/**
 * The bytes of a base64 data URL (docs/contract.md, "The iframe bridge"). Decoded here rather than fetched, since a
 * page's Content-Security-Policy seldom lets it fetch `data:`. Throws `invalid_payload`.
 */
export function blobOfDataUrl(dataUrl: string): Blob {
  const comma = dataUrl.indexOf(',');
  const type = /^data:([a-z]+\/[a-z0-9.+-]+);base64$/i.exec(dataUrl.slice(0, Math.max(comma, 0)))?.[1];
  if (dataUrl.length > maxDataUrlLength) {
    throw new StowageError('invalid_payload', 'This data URL is too large: send the image as a File or Blob.');
  }
  try {
    if (type)
      return new Blob([Uint8Array.from(atob(dataUrl.slice(comma + 1)), (char) => char.charCodeAt(0))], { type });
  } catch {
    // Said below.
  }
  throw new StowageError('invalid_payload', 'dataUrl must look like "data:image/webp;base64,..."');
}
