import { parse } from 'content-disposition';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanFileName, contentDisposition } from '#contracts/file-name.ts';

describe('a file name for display', () => {
  // biome-ignore format: one line a case
  it.each([
    ['stays as it is when nothing is wrong with it', '80:20 rule (1).png', '80:20 rule (1).png'],
    ['loses the folders of a Windows path', 'C:\\fakepath\\photo.jpg', 'photo.jpg'],
    ['loses the folders of a Unix path', '../../etc/passwd', 'passwd'],
    ['loses NUL and other controls', 'a\0b\x1f\x7f\x9f.png', 'ab.png'],
    ['loses line ends, so it cannot add a header', 'a\r\nSet-Cookie: x.png', 'aSet-Cookie: x.png'],
    ['loses marks that turn text around', 'photo\u202egpj\u2066.exe\u200f', 'photogpj.exe'],
    ['loses the white space around it', ' \u00a0a.png\t ', 'a.png'],
    ['is composed, so that equal names compare equal', 'a\u0308.png', 'ä.png'],
    ['keeps the joiners of an emoji', '👩‍👧.png', '👩‍👧.png'],
    ['keeps a leading dot', '.htaccess', '.htaccess'],
    ['is `file` when empty', '', 'file'],
    ['is `file` when it was a folder', 'photos/', 'file'],
    ['is `file` when it means a folder once it is clean', 'x/.\u202e.', 'file'],
    ['is `file` when only invisible', ' \0\u200e ', 'file'],
    ['replaces half of a character', 'a\ud800.png', 'a\ufffd.png'],
  ])('%s', (_title, raw, clean) => {
    expect(cleanFileName(raw)).toBe(clean);
  });

  it('is cut to 255 bytes between characters, and keeps its extension', () => {
    const clean = cleanFileName(`${'ä😀'.repeat(100)}.jpeg`);
    expect(clean).toBe(`${'ä😀'.repeat(41)}ä.jpeg`);
    expect(Buffer.byteLength(clean)).toBe(253);
  });

  it('does not keep white space where it was cut', () => {
    expect(cleanFileName(`a${' '.repeat(300)}b.png`)).toBe('a.png');
  });

  it('is cut anywhere when its extension is none', () => {
    expect(cleanFileName(`a.${'b'.repeat(300)}`)).toBe(`a.${'b'.repeat(253)}`);
    expect(cleanFileName(`.${'b'.repeat(300)}`)).toBe(`.${'b'.repeat(254)}`);
  });

  it('is short, visible and stable whatever was sent', () => {
    const raw = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({
        unit: fc.constantFrom('a', '.', '/', '\\', ' ', '\0', '\u202e', 'ä', '\u0308', '😀', '\ud83d'),
        maxLength: 400,
      }),
    );
    fc.assert(
      fc.property(raw, (name) => {
        const clean = cleanFileName(name);
        expect(clean).not.toMatch(/^$|^\.+$|[/\\\p{Cc}\u202a-\u202e\u2066-\u2069]|^\s|\s$/u);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(255);
        expect(clean.isWellFormed()).toBe(true);
        expect(cleanFileName(clean)).toBe(clean);
      }),
      { numRuns: 3000, seed: 20261121 },
    );
  });
});

describe('the header that names a download', () => {
  // biome-ignore format: one line a case
  it.each([
    ['is plain for ASCII', 'photo.png', 'inline; filename=photo.png'],
    ['is quoted when it has spaces and quotes', 'a "b".png', 'inline; filename="a \\"b\\".png"'],
    ['gives a stand-in and the true name beyond ASCII', 'für €.png', 'inline; filename="f?r ?.png"; filename*=UTF-8\'\'f%C3%BCr%20%E2%82%AC.png'],
    ['does not let an escape be decoded twice', '%41.png', 'inline; filename=%41.png; filename*=UTF-8\'\'%2541.png'],
    ['cannot be broken by a line end', 'a\r\nX: y', 'inline; filename="aX: y"'],
  ])('%s', (_title, name, header) => {
    expect(contentDisposition('inline', name)).toBe(header);
  });

  it('is one ASCII line that gives the clean name back, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const header = contentDisposition('attachment', name);
        expect(header).toMatch(/^attachment; [\x20-\x7e]+$/);
        expect(parse(header).parameters.filename).toBe(cleanFileName(name));
      }),
      { numRuns: 3000, seed: 20261121 },
    );
  });
});
