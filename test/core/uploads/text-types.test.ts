import { describe, expect, it } from 'vitest';
import { completeDirectUpload, presignUpload } from '#core/uploads/direct-upload.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { textTypeOf } from '#core/uploads/text-types.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const who = { userId: 'user', visibility: 'public' } as const;
const form = (originalName: string, declaredType: string, content: string | Buffer, allowedTypes = ['*/*']) =>
  storeUpload(
    world(),
    { ...who, originalName, declaredType, bytes: Buffer.from(content as string) },
    { ...settings, allowedTypes },
  );
const direct = async (originalName: string, mimeType: string, content: string, allowedTypes = ['*/*']) => {
  const given = { ...settings, allowedTypes };
  const sizeBytes = Buffer.byteLength(content);
  const offer = await presignUpload(world(), { ...who, originalName, mimeType, sizeBytes }, given);
  await fetch(offer.uploadUrl, { method: 'PUT', headers: offer.headers, body: content });
  return await completeDirectUpload(world(), { uploadId: offer.uploadId, userId: 'user' }, given);
};

describe('what a text is', () => {
  it.each([
    ['a.csv', '', 'text/csv', 'csv'],
    ['A.CSV', 'application/vnd.ms-excel', 'text/csv', 'csv'],
    ['a.bin', 'text/csv; charset=utf-8', 'text/csv', 'csv'],
    ['a.json', 'text/plain', 'application/json', 'json'],
    ['README.md', 'application/octet-stream', 'text/markdown', 'md'],
    ['a', 'application/x-javascript', 'text/javascript', 'js'],
    ['a.mjs', '', 'text/javascript', 'js'],
    ['a.yml', '', 'application/yaml', 'yaml'],
    ['a.ics', '', 'text/calendar', 'ics'],
    ['a.csv.txt', '', 'text/plain', 'txt'],
    ['a.html', 'text/html', 'text/plain', 'txt'],
    ['a.svg', 'image/svg+xml', 'text/plain', 'txt'],
    ['a.xml', 'application/xml', 'text/plain', 'txt'],
    ['csv', 'constructor', 'text/plain', 'txt'],
  ])('%s, declared as "%s", is %s', (originalName, declaredType, mimeType, ext) => {
    expect(textTypeOf({ originalName, declaredType })).toEqual({ mimeType, ext });
  });

  it('is the same by a form and directly, in its record, its key and its headers', async () => {
    for (const store of [form, direct]) {
      const file = await store('a.css', 'text/plain', 'a { color: red }');
      expect(file).toMatchObject({ mimeType: 'text/css', key: expect.stringMatching(/\.css$/) });
      expect(await world().objects.head(file)).toMatchObject({ contentType: 'text/css; charset=utf-8' });
    }
  });

  it('is no matter of names when the bytes are markup, another format, or no UTF-8', async () => {
    for (const store of [form, direct]) {
      expect((await store('a.md', 'text/markdown', '<!doctype html><p>')).mimeType).toBe('text/html');
      expect((await store('a.csv', 'text/csv', '<svg/>')).mimeType).toBe('image/svg+xml');
      expect((await store('a.json', 'application/json', '%PDF-1.7')).mimeType).toBe('application/pdf');
    }
    expect((await form('a.csv', 'text/csv', Buffer.from('\ufeffa;b', 'utf16le'))).mimeType).toBe('text/plain');
    expect((await form('a.csv', 'text/csv', Buffer.from([0x61, 0, 0x62]))).mimeType).toBe('application/octet-stream');
  });

  it('is plain text where that is what the administrator allows, and refused where neither is', async () => {
    for (const store of [form, direct]) {
      expect((await store('a.csv', 'text/csv', 'a,b', ['text/plain'])).mimeType).toBe('text/plain');
      expect((await store('a.csv', 'text/plain', 'a,b', ['text/csv'])).mimeType).toBe('text/csv');
      expect((await refusalOf(store('a.csv', 'text/csv', 'a,b', ['image/*']))).code).toBe('invalid_file_type');
    }
  });
});
