import type { DetectedType } from './ports.ts';

/** How far into a file the judgement looks. Callers that hold only the beginning should hold this much. */
export const sniffBytes = 4096;

/** Bytes as latin1 that stand at an offset in files of a type. */
type Signature = readonly [mimeType: string, ext: string, offset: number, mark: string];

const signatures: readonly Signature[] = [
  ['image/jpeg', 'jpg', 0, '\xff\xd8\xff'],
  ['image/png', 'png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/gif', 'gif', 0, 'GIF87a'],
  ['image/gif', 'gif', 0, 'GIF89a'],
  ['image/tiff', 'tif', 0, 'II*\0'],
  ['image/tiff', 'tif', 0, 'MM\0*'],
  ['image/tiff', 'tif', 0, 'II+\0'],
  ['image/tiff', 'tif', 0, 'MM\0+'],
  ['image/jxl', 'jxl', 0, '\0\0\0\x0cJXL \r\n\x87\n'],
  ['image/jxl', 'jxl', 0, '\xff\x0a'],
  ['image/jp2', 'jp2', 0, '\0\0\0\x0cjP  \r\n\x87\n'],
  ['image/x-icon', 'ico', 0, '\0\0\x01\0'],
  ['application/pdf', 'pdf', 0, '%PDF-'],
  ['application/postscript', 'ps', 0, '%!PS'],
  ['application/rtf', 'rtf', 0, '{\\rtf'],
  ['application/x-cfb', 'cfb', 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['application/gzip', 'gz', 0, '\x1f\x8b'],
  ['application/x-7z-compressed', '7z', 0, "7z\xbc\xaf'\x1c"],
  ['application/vnd.rar', 'rar', 0, 'Rar!\x1a\x07'],
  ['application/x-xz', 'xz', 0, '\xfd7zXZ\0'],
  ['application/x-bzip2', 'bz2', 4, '1AY&SY'],
  ['application/zstd', 'zst', 0, '\x28\xb5\x2f\xfd'],
  ['application/x-tar', 'tar', 257, 'ustar'],
  ['application/x-sqlite3', 'sqlite', 0, 'SQLite format 3\0'],
  ['application/wasm', 'wasm', 0, '\0asm'],
  ['application/x-elf', 'elf', 0, '\x7fELF'],
  ['video/webm', 'webm', 0, '\x1a\x45\xdf\xa3'],
  ['video/mpeg', 'mpg', 0, '\0\0\x01\xba'],
  ['font/ttf', 'ttf', 0, '\0\x01\0\0\0'],
];

/** Marks made of letters, which a text may begin with as well: they count in files that are not text. */
const lettered: readonly Signature[] = [
  ['image/vnd.adobe.photoshop', 'psd', 0, '8BPS'],
  ['application/x-msdownload', 'exe', 0, 'MZ'],
  ['video/x-flv', 'flv', 0, 'FLV\x01'],
  ['audio/mpeg', 'mp3', 0, 'ID3'],
  ['audio/flac', 'flac', 0, 'fLaC'],
  ['audio/ogg', 'ogg', 0, 'OggS'],
  ['audio/midi', 'mid', 0, 'MThd'],
  ['font/woff', 'woff', 0, 'wOFF'],
  ['font/woff2', 'woff2', 0, 'wOF2'],
  ['font/otf', 'otf', 0, 'OTTO'],
  ['model/gltf-binary', 'glb', 0, 'glTF'],
];

/** Forms of a RIFF file, told apart by the four bytes at 8. */
const riffForms: Readonly<Record<string, DetectedType>> = {
  WEBP: { mimeType: 'image/webp', ext: 'webp' },
  WAVE: { mimeType: 'audio/wav', ext: 'wav' },
  'AVI ': { mimeType: 'video/vnd.avi', ext: 'avi' },
};

/** Major brands of an ISO base media file (`ftyp`); a brand not named here is MP4 video. */
const brands: readonly (readonly [pattern: RegExp, type: DetectedType])[] = [
  [/^avi[fs]/, { mimeType: 'image/avif', ext: 'avif' }],
  [/^(hei[cxms]|hev[cxms])/, { mimeType: 'image/heic', ext: 'heic' }],
  [/^(mif1|msf1)/, { mimeType: 'image/heif', ext: 'heif' }],
  [/^qt {2}/, { mimeType: 'video/quicktime', ext: 'mov' }],
  [/^M4[AB] /, { mimeType: 'audio/mp4', ext: 'm4a' }],
  [/^3g/, { mimeType: 'video/3gpp', ext: '3gp' }],
];

/** What a ZIP contains, by the name that opens a folder of it. */
const officeFolders: readonly (readonly [folder: string, type: DetectedType])[] = [
  ['word/', { mimeType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', ext: 'docx' }],
  ['xl/', { mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', ext: 'xlsx' }],
  ['ppt/', { mimeType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', ext: 'pptx' }],
];

/** ZIPs that say what they are: their first entry is named `mimetype` and holds it, uncompressed. */
const selfNamed: Readonly<Record<string, string>> = {
  'application/epub+zip': 'epub',
  'application/vnd.oasis.opendocument.text': 'odt',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
  'application/vnd.oasis.opendocument.presentation': 'odp',
};

/**
 * What these bytes are, whatever name or type was declared: declared types are the client's claim. Looks at the first
 * `sniffBytes` only. Whatever a browser would take for HTML, XHTML, SVG or XML is named so, after leading white space
 * and comments too, because such files can run. Never throws; bytes of no known kind are `application/octet-stream`,
 * readable text is `text/plain`. A verdict on the beginning only: whether an image decodes is the image processor's.
 * Source: https://mimesniff.spec.whatwg.org/ and the formats' own specifications.
 */
export function sniff(bytes: Uint8Array): DetectedType {
  const start = bytes.subarray(0, sniffBytes);
  const head = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString('latin1');
  return (
    signed(signatures, head) ??
    riff(head) ??
    isoMedia(head) ??
    zip(head) ??
    bmp(head) ??
    text(start) ??
    signed(lettered, head) ??
    mpegAudio(start) ?? { mimeType: 'application/octet-stream', ext: 'bin' }
  );
}

function signed(rows: readonly Signature[], head: string): DetectedType | undefined {
  const row = rows.find(([, , offset, mark]) => head.startsWith(mark, offset));
  return row && { mimeType: row[0], ext: row[1] };
}

function riff(head: string): DetectedType | undefined {
  return head.startsWith('RIFF') ? riffForms[head.slice(8, 12)] : undefined;
}

function isoMedia(head: string): DetectedType | undefined {
  if (!head.startsWith('ftyp', 4)) return undefined;
  const major = head.slice(8, 12);
  const found = brands.find(([pattern]) => pattern.test(major))?.[1] ?? { mimeType: 'video/mp4', ext: 'mp4' };
  // Some encoders write the generic `mif1` first and name the codec among the compatible brands.
  const compatible = head.slice(16, Math.min(head.charCodeAt(2) * 256 + head.charCodeAt(3), 256));
  if (found.mimeType === 'image/heif' && compatible.includes('avif')) return { mimeType: 'image/avif', ext: 'avif' };
  if (found.mimeType === 'image/heif' && compatible.includes('heic')) return { mimeType: 'image/heic', ext: 'heic' };
  return found;
}

function zip(head: string): DetectedType | undefined {
  if (!['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'].includes(head.slice(0, 4))) return undefined;
  // A local header is 30 bytes, the entry's name follows.
  const declared = head.startsWith('mimetype', 30) ? /^[a-z.+/-]+/.exec(head.slice(38).split('PK')[0] ?? '')?.[0] : '';
  const ext = declared && selfNamed[declared];
  if (declared && ext) return { mimeType: declared, ext };
  const office = officeFolders.find(([folder]) => entryNames(head).some((name) => name.startsWith(folder)));
  return office?.[1] ?? { mimeType: 'application/zip', ext: 'zip' };
}

function entryNames(head: string): string[] {
  return head
    .split('PK\x03\x04')
    .slice(1)
    .map((entry) => entry.slice(26, 26 + entry.charCodeAt(22)));
}

/** Two letters would match any text that begins with them; the four reserved bytes of the header must be zero too. */
function bmp(head: string): DetectedType | undefined {
  return head.startsWith('BM') && head.startsWith('\0\0\0\0', 6) ? { mimeType: 'image/bmp', ext: 'bmp' } : undefined;
}

/** An MPEG audio frame without an ID3 tag: eleven sync bits, then version, layer and bit rate that are not reserved. */
function mpegAudio(start: Uint8Array): DetectedType | undefined {
  const [sync = 0, version = 0, rate = 0] = start;
  if (sync !== 0xff || (version & 0xe0) !== 0xe0) return undefined;
  const reserved = (version & 0x18) === 0x08 || (version & 0x06) === 0 || (rate & 0xf0) === 0xf0;
  return reserved ? undefined : { mimeType: 'audio/mpeg', ext: 'mp3' };
}

function text(start: Uint8Array): DetectedType | undefined {
  const content = decodeText(start);
  if (content === undefined) return undefined;
  const markup = content.trimStart().toLowerCase();
  if (/^<(svg|!doctype\s+svg|\?xml|!--)/.test(markup)) {
    if (/<([a-z]+:)?svg[\s>/]/.test(markup)) return { mimeType: 'image/svg+xml', ext: 'svg' };
    if (markup.startsWith('<?xml')) {
      return /<html[\s>]/.test(markup)
        ? { mimeType: 'application/xhtml+xml', ext: 'xhtml' }
        : { mimeType: 'application/xml', ext: 'xml' };
    }
  }
  const html =
    /^<(!--|(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|img|form|meta|link)[\s>/])/;
  return html.test(markup) ? { mimeType: 'text/html', ext: 'html' } : { mimeType: 'text/plain', ext: 'txt' };
}

/** The beginning as text, or nothing when it holds bytes no text has. A character cut at the end is no fault. */
function decodeText(start: Uint8Array): string | undefined {
  if (start.length === 0) return undefined;
  const [first, second] = start;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  try {
    const content = new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(start, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what tells binary data from text.
    return /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(content) ? undefined : content;
  } catch {
    return undefined;
  }
}
