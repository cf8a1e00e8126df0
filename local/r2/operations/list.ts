/**
 * ListObjectsV2, and its older form: keys in byte order of UTF-8, from a cursor, groups skipped by one seek each. Differs from real R2: a
 * continuation token is the next key in base64url; treat it as opaque all the same.
 */
import { encodePath } from '../canonical.ts';
import { R2Error } from '../errors.ts';
import type { StoredObject } from '../store.ts';
import type { Context, Handler } from '../types.ts';
import { element, xmlDocument } from '../xml.ts';

const maxPage = 1000;

/** What both forms are asked. */
function questionOf({ request }: Context) {
  const encoding = request.param('encoding-type');
  if (encoding !== undefined && encoding !== 'url')
    throw new R2Error('InvalidArgument', 'Invalid Encoding Method specified');
  return {
    prefix: request.param('prefix') ?? '',
    delimiter: request.param('delimiter') || undefined,
    encoding,
    limit: pageSize(request.param('max-keys')),
    written: (key: string) => (encoding === 'url' ? encodePath(key) : key),
  };
}

/** One page, at most 1000 keys and common prefixes together. */
export const listObjectsV2: Handler = (context) => {
  const { request, bucket } = context;
  const { prefix, delimiter, encoding, limit, written } = questionOf(context);
  const startAfter = request.param('start-after');
  const token = request.param('continuation-token');

  const { objects, groups, next } = walk(context, prefix, delimiter, start(prefix, startAfter, token), limit);
  const body = xmlDocument('ListBucketResult', [
    element('Name', bucket.name),
    element('Prefix', written(prefix)),
    element('Delimiter', delimiter && written(delimiter)),
    element('StartAfter', startAfter && written(startAfter)),
    element('MaxKeys', limit),
    element('KeyCount', objects.length + groups.length),
    element('IsTruncated', next !== undefined),
    element('ContinuationToken', token),
    element('NextContinuationToken', next?.toString('base64url')),
    element('EncodingType', encoding),
    ...contents(objects, groups, written),
  ]);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
};

/** The older form, which goes on after the last key or common prefix of a page. */
export const listObjects: Handler = (context) => {
  const { request, bucket } = context;
  const { prefix, delimiter, encoding, limit, written } = questionOf(context);
  const marker = request.param('marker') ?? '';
  // Of a common prefix everything below it was shown as one.
  const isGroup =
    delimiter !== undefined && marker.startsWith(prefix) && marker.slice(prefix.length).endsWith(delimiter);
  const from = marker === '' ? Buffer.of() : isGroup ? beyond(Buffer.from(marker)) : after(marker);
  const least = Buffer.from(prefix);
  const begin = Buffer.compare(from, least) > 0 ? from : least;
  const { objects, groups, next } = walk(context, prefix, delimiter, begin, limit);
  const last = [objects.at(-1)?.key ?? '', groups.at(-1) ?? ''].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )[1];
  const body = xmlDocument('ListBucketResult', [
    element('Name', bucket.name),
    element('Prefix', written(prefix)),
    element('Marker', written(marker)),
    element('NextMarker', next && last && written(last)),
    element('Delimiter', delimiter && written(delimiter)),
    element('MaxKeys', limit),
    element('EncodingType', encoding),
    element('IsTruncated', next !== undefined),
    ...contents(objects, groups, written),
  ]);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
};

const contents = (objects: StoredObject[], groups: string[], written: (key: string) => string) => [
  ...objects.map((object) =>
    element('Contents', [
      element('Key', written(object.key)),
      element('LastModified', new Date(object.modified).toISOString()),
      element('ETag', `"${object.etag}"`),
      element('Size', object.size),
      element('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD'),
    ]),
  ),
  ...groups.map((group) => element('CommonPrefixes', [element('Prefix', written(group))])),
];

function walk(
  { store, bucket }: Context,
  prefix: string,
  delimiter: string | undefined,
  from: Buffer,
  limit: number,
): { objects: StoredObject[]; groups: string[]; next: Buffer | undefined } {
  const objects: StoredObject[] = [];
  const groups: string[] = [];
  const before = prefix === '' ? undefined : beyond(Buffer.from(prefix));
  if (limit === 0) return { objects, groups, next: undefined };
  let cursor = from;
  for (;;) {
    // One more than fits tells whether there is a next page.
    const wanted = limit - objects.length - groups.length + 1;
    const page = store.page(bucket.name, cursor, before, wanted);
    let skipped = false;
    for (const object of page) {
      if (objects.length + groups.length === limit) return { objects, groups, next: Buffer.from(object.key) };
      const cut = delimiter === undefined ? -1 : object.key.indexOf(delimiter, prefix.length);
      if (delimiter === undefined || cut < 0) {
        objects.push(object);
        cursor = after(object.key);
        continue;
      }
      const group = object.key.slice(0, cut + delimiter.length);
      groups.push(group);
      cursor = beyond(Buffer.from(group));
      skipped = true;
      break;
    }
    if (!skipped && page.length < wanted) return { objects, groups, next: undefined };
  }
}

/** Where a listing begins: the prefix, or what a token or `start-after` says, whichever is later. */
function start(prefix: string, startAfter: string | undefined, token: string | undefined): Buffer {
  const least = Buffer.from(prefix);
  if (token !== undefined) {
    const from = Buffer.from(token, 'base64url');
    if (from.length === 0 || from.toString('base64url') !== token) {
      throw new R2Error('InvalidArgument', 'The continuation token provided is incorrect');
    }
    return Buffer.compare(from, least) > 0 ? from : least;
  }
  const from = startAfter ? after(startAfter) : least;
  return Buffer.compare(from, least) > 0 ? from : least;
}

/** The least byte string greater than a key. */
function after(key: string): Buffer {
  return Buffer.concat([Buffer.from(key), Buffer.of(0)]);
}

/** The least byte string greater than everything that begins with a prefix; UTF-8 never holds 0xFF, so one step suffices. */
function beyond(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return end;
}

/** How many items a page may have, at most 1000. Throws InvalidArgument. */
export function pageSize(text: string | undefined): number {
  if (text === undefined) return maxPage;
  if (!/^\d{1,10}$/.test(text)) throw new R2Error('InvalidArgument', 'max-keys must be a number.');
  return Math.min(Number(text), maxPage);
}
