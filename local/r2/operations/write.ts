/**
 * PutObject and CopyObject: facts -> bytes on disk, checked as they flow -> rate, lock and conditions judged in the
 * tick of the commit. Differs from real R2: whether its conditions are atomic under a race is an open question there;
 * here exactly one of racing `If-None-Match: *` writers wins.
 */
import { createHash } from 'node:crypto';
import { incomingBody } from '../body.ts';
import { assertConditions, conditionsOf } from '../conditions.ts';
import { R2Error } from '../errors.ts';
import { assertUnlocked } from '../lock.ts';
import { decode, type S3Request } from '../request.ts';
import type { Draft, ObjectFacts, Store, StoredObject } from '../store.ts';
import type { Context, Handler } from '../types.ts';
import { element, xmlDocument } from '../xml.ts';

/** 4.995 GiB, R2's limit for one PUT. */
const maxPutBytes = Math.floor(4.995 * 2 ** 30);
const maxMetadataBytes = 8192;
const storedHeaders = ['cache-control', 'content-disposition', 'content-language', 'expires'];

/** Stores a body whole or not at all. */
export const putObject: Handler = async (context) => {
  const { request, store, payload } = context;
  const facts = factsOf(request);
  const body = incomingBody(request, payload);
  if (body.length > maxPutBytes) {
    // Nobody will read that much only to say no: the answer ends the connection.
    throw new R2Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      connection: 'close',
    });
  }
  const draft = await store.write(body.chunks);
  const checksum = body.checksum();
  const stored = await commit(context, draft, { ...facts, checksum }, 'destination');
  return {
    status: 200,
    headers: { etag: `"${stored.etag}"`, ...(checksum && { [checksum.name]: checksum.value }) },
  };
};

/** Copies inside the store, on the version the caller checked (`x-amz-copy-source-if-match`). */
export const copyObject: Handler = async (context) => {
  const { request, store, bucketNames } = context;
  const { bucket, key } = copySource(request.header('x-amz-copy-source') ?? '');
  if (!bucketNames.includes(bucket)) throw new R2Error('NoSuchBucket', 'The specified bucket does not exist.');
  const directive = request.header('x-amz-metadata-directive') ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw new R2Error('InvalidArgument', 'Unknown metadata directive.');

  // No await from here to `share`: the bytes are those of the version that was checked.
  const source = store.find(bucket, key);
  if (!source) throw new R2Error('NoSuchKey', 'The specified key does not exist.');
  assertConditions(conditionsOf(request.header, 'x-amz-copy-source-'), source);
  const { headers, metadata } = directive === 'COPY' ? source : factsOf(request);
  const draft = await withOwnEtag(store, store.share(source));
  const stored = await commit(context, draft, { headers, metadata, checksum: source.checksum }, 'copy');
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('CopyObjectResult', [
      element('ETag', `"${stored.etag}"`),
      element('LastModified', new Date(stored.modified).toISOString()),
    ]),
  };
};

/** An object made of parts is one of its own once it is copied, and has the MD5 of its bytes (S3's rule; R2 does not say). */
async function withOwnEtag(store: Store, draft: Draft): Promise<Draft> {
  if (!draft.etag.includes('-')) return draft;
  const hash = createHash('md5');
  for await (const bytes of store.read(draft)) hash.update(bytes);
  return { ...draft, etag: hash.digest('hex') };
}

async function commit(
  { request, store, bucket, key, now, admitWrite }: Context,
  draft: Draft,
  facts: ObjectFacts,
  kind: 'destination' | 'copy',
): Promise<StoredObject> {
  try {
    return store.commit(bucket.name, key, draft, facts, now, (current) => {
      assertUnlocked(bucket, current, now);
      assertConditions(conditionsOf(request.header, kind === 'copy' ? 'cf-copy-destination-' : ''), current);
      admitWrite(key);
    });
  } catch (error) {
    await store.discard(draft);
    throw error;
  }
}

/** What a write says its object is to be served with. Throws InvalidStorageClass and MetadataTooLarge. */
export function factsOf(request: S3Request): ObjectFacts {
  const headers: Record<string, string> = {
    'content-type': request.header('content-type') || 'application/octet-stream',
  };
  for (const name of storedHeaders) {
    const value = request.header(name);
    if (value !== undefined) headers[name] = value;
  }
  // `aws-chunked` tells how the body travelled, not what it is.
  const encodings = (request.header('content-encoding') ?? '').split(',').map((coding) => coding.trim());
  const encoding = encodings.filter((coding) => coding !== '' && coding !== 'aws-chunked').join(', ');
  if (encoding !== '') headers['content-encoding'] = encoding;

  const storageClass = request.header('x-amz-storage-class') ?? 'STANDARD';
  if (storageClass === 'STANDARD_IA') headers['x-amz-storage-class'] = storageClass;
  else if (storageClass !== 'STANDARD') {
    throw new R2Error('InvalidStorageClass', 'The storage class you specified is not valid.');
  }

  const metadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of request.amzHeaders()) {
    if (!name.startsWith('x-amz-meta-')) continue;
    metadata[name] = value;
    bytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value);
  }
  if (bytes > maxMetadataBytes) {
    throw new R2Error('MetadataTooLarge', `Your metadata headers exceed the maximum of ${maxMetadataBytes} bytes.`);
  }
  return { headers, metadata };
}

/** The object a copy names: `/bucket/key` or `bucket/key`, percent-encoded. Throws InvalidArgument for anything else. */
export function copySource(header: string): { bucket: string; key: string } {
  if (header.includes('?versionId=')) throw new R2Error('NotImplemented', 'versionId not implemented');
  const path = decode(header).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw new R2Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  }
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}
