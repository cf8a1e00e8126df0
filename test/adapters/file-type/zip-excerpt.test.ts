import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createTypeDetector } from '#adapters/file-type/type-detector.ts';
import { sniffBytes } from '#core/files/sniff.ts';
import { zipWith } from './zips.ts';

const types = createTypeDetector();
const office = 'application/vnd.openxmlformats-officedocument.';
const word = `${office}wordprocessingml.document`;
const slides = `${office}presentationml.presentation`;
const contentTypes = (main: string, more = '') =>
  ['[Content_Types].xml', Buffer.from(`<Types>${more}<Override ContentType="${main}.main+xml"/></Types>`)] as const;
const document = ['word/document.xml', Buffer.from('<w/>')] as const;
const large = (name: string, size = 200_000) => [name, randomBytes(size)] as const;
const slideNames = Array.from({ length: 2_000 }, (_, n) => [`ppt/slides/slide${n}.xml`, Buffer.from('<p/>')] as const);
const overrides = Array.from({ length: 300 }, () => `<Override PartName="/${randomBytes(20).toString('hex')}"/>`).join(
  '',
);

it.each([
  ['a Word document', zipWith([contentTypes(word), document]), word, 1],
  ['one that was streamed', zipWith([contentTypes(word), large('word/a.bin'), document], true), word, 1],
  ['one whose list of types is last', zipWith([large('a.bin'), document, contentTypes(word)]), word, 1],
  [
    'one with macros',
    zipWith([contentTypes('application/vnd.ms-word.document.macroEnabled'), document]),
    'application/vnd.ms-word.document.macroenabled.12',
    1,
  ],
  [
    'slides behind a large picture',
    zipWith([large('docProps/thumbnail.jpeg'), contentTypes(slides), large('ppt/a.bin')]),
    slides,
    2,
  ],
  ['slides with a long list of types', zipWith([contentTypes(slides, overrides), large('ppt/a.bin')]), slides, 2],
  ['two thousand slides', zipWith([large('a.bin'), contentTypes(slides), ...slideNames]), slides, 3],
  [
    'a program for Java',
    zipWith([large('a.bin'), ['META-INF/MANIFEST.MF', Buffer.from('x')]]),
    'application/java-archive',
    1,
  ],
  ['a plain archive', zipWith([large('a.bin'), ['a.txt', Buffer.from('x')]]), 'application/zip', 1],
])('%s is the same from its first bytes as whole, by few small reads more', async (_, zip, mimeType, reads) => {
  const lengths: number[] = [];
  const read = async (first: number, last: number) => {
    lengths.push(last + 1 - first);
    return zip.subarray(first, last + 1);
  };
  const remote = { sizeBytes: zip.length, read };
  const found = await types.detect(zip.subarray(0, sniffBytes), remote);
  expect(found.mimeType).toBe(mimeType);
  expect(await types.detect(zip)).toEqual(found);
  expect(lengths.length).toBeLessThanOrEqual(reads);
  for (const length of lengths) expect(length).toBeLessThanOrEqual(1_048_576);
});

it('an archive whose directory lies is still an archive, and no failure', async () => {
  const zip = zipWith([contentTypes(word), document]);
  for (let at = zip.length - 200; at < zip.length; at += 1) {
    const broken = Buffer.from(zip);
    broken[at] = 0xff;
    const remote = {
      sizeBytes: zip.length,
      read: async (first: number, last: number) => broken.subarray(first, last + 1),
    };
    expect((await types.detect(broken.subarray(0, 60), remote)).ext).toMatch(/^(zip|docx)$/);
  }
});

it('a read that fails is told, not taken for an answer', async () => {
  const zip = zipWith([contentTypes(word), document]);
  const read = () => Promise.reject(new Error('silence'));
  await expect(types.detect(zip.subarray(0, 60), { sizeBytes: zip.length, read })).rejects.toThrow('silence');
});
