import { fileTypeFromBuffer } from 'file-type';
import type { DetectedType } from '#core/files/ports.ts';
import { sniff } from '#core/files/sniff.ts';
import type { TypeDetector } from '#core/uploads/ports.ts';

/**
 * Judges files of any kind. `sniff` decides what is text or markup, since that is what a browser might run and file-type
 * does not know HTML or SVG and takes any text that begins with `BM` for a bitmap. file-type decides the rest: it knows
 * some 180 formats (Matroska from WebM, AAC, MPEG-TS, Java classes) and reads into containers.
 */
export function createTypeDetector(): TypeDetector {
  return {
    async detect(bytes) {
      const sniffed = sniff(bytes);
      if (/^text\/|xml/.test(sniffed.mimeType)) return sniffed;
      // A damaged or cut container is no failure: it is still known by its first bytes.
      const found = await fileTypeFromBuffer(bytes).catch(() => undefined);
      const vague = found === undefined || found.mime === 'application/zip';
      return vague ? sniffed : plain(found);
    },
  };
}

/** Without parameters (`audio/ogg; codecs=opus`) and with one extension (`tar.gz`, `Z`): they become part of a key. */
function plain({ mime, ext }: { mime: string; ext: string }): DetectedType {
  const [mimeType = mime] = mime.split(';');
  return { mimeType, ext: ext.toLowerCase().split('.').at(-1) ?? 'bin' };
}
