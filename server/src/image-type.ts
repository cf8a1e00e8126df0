/**
 * What pictures that extensions store begin with, as `@stowage/client` knows them: the two packages are published apart and
 * have no dependencies.
 */
const beginnings: [type: string, pattern: RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  ['image/avif', /^.{4}ftypavi[fs]/s],
];

/**
 * The type by the first bytes, else the declared one. A direct upload must declare what its bytes are, and whoever reads
 * a file of a disk as a `Blob` has no type for it.
 */
export async function imageType(blob: Blob, declaredType: string): Promise<string> {
  const head = String.fromCharCode(...new Uint8Array(await blob.slice(0, 16).arrayBuffer()));
  return beginnings.find(([, pattern]) => pattern.test(head))?.[0] ?? declaredType;
}
