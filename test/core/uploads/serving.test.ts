import { describe, expect, it } from 'vitest';
import { servingOf } from '#core/uploads/serving.ts';
import { allowsType } from '#core/uploads/settings.ts';

const serve = (mimeType: string, originalName = 'file', utf8 = true) =>
  servingOf({ mimeType, ext: '' }, { originalName, utf8 });

describe('how a file is served', () => {
  it.each([
    'text/html',
    'image/svg+xml',
    'application/xml',
    'application/xhtml+xml',
    'application/ecmascript',
    'application/javascript',
    'application/wasm',
    'application/x-shockwave-flash',
    'application/java-vm',
    'application/postscript',
    'application/x-google-chrome-extension',
    'application/rss+xml',
    'multipart/x-mixed-replace',
    'model/x3d+xml',
    'message/rfc822',
  ])('%s is bytes to save, under a type nothing runs', (mimeType) => {
    expect(serve(mimeType)).toEqual({ contentType: 'application/octet-stream', disposition: 'attachment' });
  });

  it.each([
    'image/png',
    'image/webp',
    'audio/mpeg',
    'video/mp4',
    'font/woff2',
    'application/pdf',
    'application/geo+json',
  ])('%s is shown in place', (mimeType) => {
    expect(serve(mimeType)).toEqual({ contentType: mimeType, disposition: 'inline' });
  });

  it.each([
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/zip',
    'application/x-msdownload',
    'application/octet-stream',
  ])('%s is saved under its own type', (mimeType) => {
    expect(serve(mimeType)).toEqual({ contentType: mimeType, disposition: 'attachment' });
  });

  it('text stays text, and says that it is UTF-8 when it is', () => {
    const text = { contentType: 'text/plain; charset=utf-8', disposition: 'inline' };
    expect(serve('text/plain', 'notes.md')).toEqual(text);
    expect(serve('text/plain', 'notes.txt', false)).toEqual({ ...text, contentType: 'text/plain' });
  });

  it.each(['text/javascript', 'text/css', 'text/calendar', 'text/vcard'])(
    '%s is saved, whatever its name',
    (mimeType) => {
      expect(serve(mimeType, 'x.txt')).toEqual({
        contentType: `${mimeType}; charset=utf-8`,
        disposition: 'attachment',
      });
    },
  );

  it.each(['text/csv', 'text/markdown', 'application/json', 'application/pdf'])(
    '%s that is named like a page is saved, not shown',
    (mimeType) => {
      expect(serve(mimeType, 'x.html').disposition).toBe('attachment');
    },
  );

  it.each(['app.js', 'a.b.MJS', 'x.html', 'x.htm', 'logo.svg', 'feed.xml', 'page.xhtml', 'a.css', 'shell.php'])(
    'text named %s is saved, not shown',
    (name) => {
      expect(serve('text/plain', name)).toMatchObject({ disposition: 'attachment' });
    },
  );
});

describe('the types an administrator allows', () => {
  it.each([
    [['*/*'], 'application/x-anything', true],
    [['image/*'], 'image/png', true],
    [['image/'], 'image/png', true],
    [['image/png'], 'image/png', true],
    [['image/png'], 'image/png2', false],
    [['image/*'], 'imagery/png', false],
    [['text/plain', 'image/*'], 'text/html', false],
    [[], 'text/plain', false],
  ])('%j: %s is %s', (allowed, mimeType, answer) => {
    expect(allowsType(allowed, mimeType)).toBe(answer);
  });
});
