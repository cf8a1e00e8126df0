import { describe, expect, it } from 'vitest';
import { createTypeDetector } from '#adapters/file-type/type-detector.ts';
import { jpegPhoto } from '#test/support/images.ts';

const wordType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const types = createTypeDetector();
const bytes = (text: string, more = 0) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(more)]);

/** A ZIP of one stored entry, as writers make it, without its directory. */
function zipOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt32LE(content.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name + content)]);
}

describe('what a file is', () => {
  it.each([
    ['a page', bytes('<!DOCTYPE html><script>alert(1)</script>'), 'text/html', 'html'],
    ['a page in UTF-16', Buffer.from('\ufeff<html>', 'utf16le'), 'text/html', 'html'],
    ['a drawing', bytes('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'), 'image/svg+xml', 'svg'],
    ['a drawing after a comment', bytes('<!-- x --><svg/>'), 'image/svg+xml', 'svg'],
    ['a document', bytes('<?xml version="1.0"?><a/>'), 'application/xml', 'xml'],
    ['a program', bytes('alert(document.cookie)'), 'text/plain', 'txt'],
    ['text that begins like a bitmap', bytes('BM is a shop'), 'text/plain', 'txt'],
    ['text that begins like a tag of MP3', bytes('ID3 tags, explained'), 'text/plain', 'txt'],
    ['text that begins like a calendar', bytes('BEGIN:VCALENDAR\nVERSION:2.0'), 'text/plain', 'txt'],
    ['Matroska', bytes('\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska'), 'video/matroska', 'mkv'],
    ['WebM', bytes('\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm', 30), 'video/webm', 'webm'],
    ['AAC', bytes('\xff\xf1\x50\x80\x00\x1f\xfc'), 'audio/aac', 'aac'],
    ['a Java class', bytes('\xca\xfe\xba\xbe\0\0\0\x34', 8), 'application/java-vm', 'class'],
    ['Opus in Ogg', bytes(`OggS${'\0'.repeat(24)}OpusHead`, 40), 'audio/ogg', 'opus'],
    ['PDF', bytes('%PDF-1.7\n'), 'application/pdf', 'pdf'],
    ['a Word document, by its folder', zipOf('word/document.xml', '<w/>'), wordType, 'docx'],
    ['a ZIP', zipOf('a.txt', 'a'), 'application/zip', 'zip'],
    ['no kind at all', bytes('\x80\x01\x02\x03'), 'application/octet-stream', 'bin'],
  ])('%s', async (_, content, mimeType, ext) => {
    expect(await types.detect(content)).toEqual({ mimeType, ext });
  });

  it('is told of a picture, and of one that is cut', async () => {
    const photo = await jpegPhoto();
    expect(await types.detect(photo)).toEqual({ mimeType: 'image/jpeg', ext: 'jpg' });
    expect(await types.detect(photo.subarray(0, 20))).toEqual({ mimeType: 'image/jpeg', ext: 'jpg' });
  });

  it('never throws, whatever the bytes', async () => {
    const starts = [
      'PK\x03\x04',
      '\x1a\x45\xdf\xa3',
      '\0\0\0\x18ftyp',
      'RIFF',
      'ID3',
      'II*\0',
      'OggS',
      '\x89PNG\r\n\x1a\n',
    ];
    for (const start of starts) {
      for (let seed = 0; seed < 40; seed += 1) {
        const noise = Buffer.from(Array.from({ length: seed * 7 }, (_, index) => (index * 31 + seed * 17) % 256));
        const type = await types.detect(Buffer.concat([bytes(start), noise]));
        expect(type.mimeType).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
        expect(type.ext).toMatch(/^[a-z0-9]+$/);
      }
    }
  });
});
