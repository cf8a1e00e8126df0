/** ListParts and ListMultipartUploads. Differs from real R2: uploads are listed without a delimiter only. */
import { encodePath } from '../canonical.ts';
import { R2Error } from '../errors.ts';
import type { Handler } from '../types.ts';
import { element, xmlDocument } from '../xml.ts';
import { pageSize } from './list.ts';
import { uploadOf } from './multipart.ts';

const headers = { 'content-type': 'application/xml' };

/** A page of the parts that are stored, in the order of their numbers. */
export const listParts: Handler = (context) => {
  const { request, store, bucket, key } = context;
  const upload = uploadOf(context);
  const limit = pageSize(request.param('max-parts'));
  const marker = request.param('part-number-marker') ?? '0';
  if (!/^\d{1,5}$/.test(marker)) throw new R2Error('InvalidArgument', 'part-number-marker must be a number.');
  const found = store.parts.list(upload, Number(marker), limit + 1);
  const page = found.slice(0, limit);
  const body = xmlDocument('ListPartsResult', [
    element('Bucket', bucket.name),
    element('Key', key),
    element('UploadId', upload.id),
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? marker),
    element('MaxParts', limit),
    element('IsTruncated', found.length > limit),
    ...page.map(({ number, size, etag, modified }) =>
      element('Part', [
        element('PartNumber', number),
        element('LastModified', new Date(modified).toISOString()),
        element('ETag', `"${etag}"`),
        element('Size', size),
      ]),
    ),
    element('StorageClass', upload.facts.headers['x-amz-storage-class'] ?? 'STANDARD'),
  ]);
  return { status: 200, headers, body };
};

/** A page of the uploads under way, in the order of their keys. */
export const listMultipartUploads: Handler = ({ request, store, bucket, now }) => {
  const prefix = request.param('prefix') ?? '';
  const encoding = request.param('encoding-type');
  if (request.param('delimiter')) throw new R2Error('NotImplemented', 'ListMultipartUploads with delimiter');
  if (encoding !== undefined && encoding !== 'url')
    throw new R2Error('InvalidArgument', 'Invalid Encoding Method specified');
  const limit = pageSize(request.param('max-uploads'));
  const key = request.param('key-marker') ?? '';
  // Without an id, what follows the key; with one, the key's own later uploads too.
  const id = request.param('upload-id-marker') ?? (key === '' ? '' : '\u{10FFFF}');
  const written = (text: string) => (encoding === 'url' ? encodePath(text) : text);

  const page = [];
  let from = Buffer.compare(Buffer.from(key), Buffer.from(prefix)) < 0 ? { key: prefix, id: '' } : { key, id };
  for (let more = true; more && page.length <= limit; ) {
    const found = store.parts.page(bucket.name, from, limit + 1, now);
    const within = found.filter((upload) => upload.key.startsWith(prefix));
    page.push(...within);
    more = found.length > limit && within.length === found.length;
    from = found.at(-1) ?? from;
  }
  const shown = page.slice(0, limit);
  const last = page.length > limit ? shown.at(-1) : undefined;
  const body = xmlDocument('ListMultipartUploadsResult', [
    element('Bucket', bucket.name),
    element('Prefix', written(prefix)),
    element('KeyMarker', written(key)),
    element('UploadIdMarker', request.param('upload-id-marker') ?? ''),
    element('NextKeyMarker', last && written(last.key)),
    element('NextUploadIdMarker', last?.id),
    element('MaxUploads', limit),
    element('EncodingType', encoding),
    element('IsTruncated', last !== undefined),
    ...shown.map((upload) =>
      element('Upload', [
        element('Key', written(upload.key)),
        element('UploadId', upload.id),
        element('Initiated', new Date(upload.initiated).toISOString()),
        element('StorageClass', upload.facts.headers['x-amz-storage-class'] ?? 'STANDARD'),
      ]),
    ),
  ]);
  return { status: 200, headers, body };
};
