/** What the image types that extensions store begin with, as text of one character a byte. */
const signatures: [type: string, offset: number, text: string][] = [
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/gif', 0, 'GIF87a'],
  ['image/gif', 0, 'GIF89a'],
  ['image/webp', 8, 'WEBP'],
  ['image/avif', 4, 'ftypavif'],
  ['image/avif', 4, 'ftypavis'],
];

/**
 * What the first bytes say a file is, else its declared type. A direct upload must declare what the bytes are, and a
 * browser goes by the file's name alone.
 */
export async function imageType(file: Blob): Promise<string> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  const known = signatures.find(([, offset, text]) => head.startsWith(text, offset))?.[0];
  return known ?? (file.type || 'application/octet-stream');
}
