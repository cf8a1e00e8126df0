import { describe, expect, it } from 'vitest';
import { sniff, sniffBytes } from '#core/files/sniff.ts';
import * as images from '#test/support/images.ts';

const text = (content: string) => Buffer.from(content, 'utf8');
const raw = (content: string) => Buffer.from(content, 'latin1');
const box = (brand: string, compatible = '') => raw(`\0\0\0\x20ftyp${brand}\0\0\0\0${compatible}`.padEnd(40, '\0'));
const zipOf = (name: string, content = '') => {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, raw(name), raw(content)]);
};

describe('what a file is', () => {
  it.each([
    ['image/jpeg', 'jpg', images.jpegPhoto],
    ['image/png', 'png', images.pngPhoto],
    ['image/webp', 'webp', images.webpPhoto],
    ['image/gif', 'gif', images.gifPhoto],
    ['image/avif', 'avif', images.avifPhoto],
    ['image/tiff', 'tif', images.tiffPhoto],
  ])('is told from real pictures: %s', async (mimeType, ext, make) => {
    expect(sniff(await make({ width: 16, height: 16 }))).toEqual({ mimeType, ext });
  });

  it.each([
    ['application/pdf', raw('%PDF-1.7\n%\xe2\xe3\xcf\xd3')],
    ['image/heic', box('heic')],
    ['image/heic', box('mif1', 'mif1heic')],
    ['image/avif', box('mif1', 'mif1avif')],
    ['video/mp4', box('isom')],
    ['video/quicktime', box('qt  ')],
    ['image/bmp', raw('BM\x46\0\0\0\0\0\0\0\x36\0\0\0')],
    ['application/zip', zipOf('readme.txt', 'hello')],
    ['application/zip', raw(`PK\x05\x06${'\0'.repeat(18)}`)],
    ['application/epub+zip', zipOf('mimetype', 'application/epub+zipPK\x03\x04')],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      Buffer.concat([zipOf('[Content_Types].xml', 'x'), zipOf('word/document.xml')]),
    ],
    ['application/x-msdownload', raw('MZ\x90\0\x03\0\0\0')],
    ['application/x-tar', Buffer.concat([raw('a.txt'), Buffer.alloc(252), raw('ustar\x0000')])],
    ['audio/mpeg', raw('ID3\x04\0\0\0\0')],
    ['audio/mpeg', raw('\xff\xfb\x90\x64\0')],
    ['audio/wav', raw('RIFF\x24\0\0\0WAVEfmt ')],
    ['application/octet-stream', raw('\x01\x02\x03\xfe')],
    ['application/octet-stream', Buffer.alloc(0)],
  ])('is told by its first bytes: %s', (mimeType, bytes) => {
    expect(sniff(bytes).mimeType).toBe(mimeType);
  });

  it.each([
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['image/svg+xml', '\ufeff <?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg>\n<SVG width="1">'],
    ['image/svg+xml', '<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg">'],
    ['text/html', '  \n<!doctype HTML><p>'],
    ['text/html', '<script>alert(1)</script>'],
    ['text/html', '<!-- a comment --><b>'],
    ['application/xhtml+xml', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'],
    ['application/xml', '<?xml version="1.0"?><note/>'],
  ])('is told as something a browser could run: %s', (mimeType, content) => {
    expect(sniff(text(content)).mimeType).toBe(mimeType);
    const utf16 = Buffer.from(`\ufeff${content.replace('\ufeff', '')}`, 'utf16le');
    expect(sniff(utf16).mimeType).toBe(mimeType);
    expect(sniff(utf16.swap16()).mimeType).toBe(mimeType);
  });

  it.each([
    'MZ is a pair of letters',
    'ID3 tags, explained',
    'BM 2024',
    'a < b and <svg later',
    'Grüße, 世界',
    '{"a":1}',
  ])('is text when it only begins like something else: %s', (content) => {
    expect(sniff(text(content))).toEqual({ mimeType: 'text/plain', ext: 'txt' });
  });

  it('is text when a character is cut by the end of what is looked at', () => {
    expect(sniff(text(`${'a'.repeat(sniffBytes - 1)}世`)).mimeType).toBe('text/plain');
  });

  it('is judged the same from the beginning as from the whole', async () => {
    const whole = await images.pngPhoto();
    expect(sniff(whole.subarray(0, sniffBytes))).toEqual(sniff(whole));
  });

  it('is judged within the bytes given, also when they are part of something larger', () => {
    const larger = raw('%PDF-1.7 <html> hello');
    expect(sniff(larger.subarray(16)).mimeType).toBe('text/plain');
  });
});
