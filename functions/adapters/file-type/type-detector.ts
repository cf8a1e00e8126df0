import { fileTypeFromBuffer } from 'file-type';
import type { DetectedType } from '#core/files/ports.ts';
import { sniff } from '#core/files/sniff.ts';
import type { Remote, TypeDetector } from '#core/uploads/ports.ts';
import { type ReadPart, zipExcerpt } from './zip-excerpt.ts';

/**
 * Judges files of any kind. `sniff` decides what is text or markup, since that is what a browser might run and file-type
 * does not know HTML or SVG and takes any text that begins with `BM` for a bitmap. file-type decides the rest: it knows
 * some 180 formats (Matroska from WebM, AAC, MPEG-TS, Java classes) and reads into containers. What a ZIP is stands in its
 * directory, at the end, and is judged from there whichever way the file came.
 */
export function createTypeDetector(): TypeDetector {
  return {
    async detect(bytes, remote) {
      const sniffed = sniff(bytes);
      if (/^text\/|[+/]xml$/.test(sniffed.mimeType)) return sniffed;
      return (await knownZip(bytes, remote)) ?? (await known(bytes)) ?? sniffed;
    },
  };
}

async function known(bytes: Uint8Array): Promise<DetectedType | undefined> {
  // A damaged or cut container is no failure: it is still known by its first bytes.
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
  return found === undefined || found.mime === 'application/zip' ? undefined : plain(found);
}

async function knownZip(bytes: Uint8Array, remote: Remote | undefined): Promise<DetectedType | undefined> {
  if (!isZip(bytes)) return undefined;
  const read: ReadPart = async (first, last) =>
    remote === undefined || last < bytes.byteLength ? bytes.subarray(first, last + 1) : await remote.read(first, last);
  const excerpt = await zipExcerpt(read, remote?.sizeBytes ?? bytes.byteLength);
  return excerpt && (await known(excerpt));
}

function isZip(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PK\x03\x04';
}

/** Without parameters (`audio/ogg; codecs=opus`) and with one extension (`tar.gz`, `Z`): they become part of a key. */
function plain({ mime, ext }: { mime: string; ext: string }): DetectedType {
  const [mimeType = mime] = mime.split(';');
  return { mimeType, ext: ext.toLowerCase().split('.').at(-1) ?? 'bin' };
}
