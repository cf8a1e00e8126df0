/**
 * Uploads in parts: create -> parts, checked as they flow -> complete or abort, with R2's rules: parts of 5 MiB to 5 GiB,
 * all of one size but the last, which may be smaller; at most 10,000. R2 judges sizes when an upload is completed, and so
 * does this. Differs from real R2: checksums of an upload as a whole are not kept; completing reads and writes all bytes.
 */
import type { Draft } from '../blobs.ts';
import { incomingBody, readSmallBody } from '../body.ts';
import { assertConditions, conditionsOf } from '../conditions.ts';
import { R2Error } from '../errors.ts';
import { assertUnlocked } from '../lock.ts';
import type { PartUpload, StoredPart } from '../part-store.ts';
import { byteRange } from '../range.ts';
import type { Context, Handler } from '../types.ts';
import { element, type NamedPart, parseComplete, xmlDocument } from '../xml.ts';
import { copySource, factsOf } from './write.ts';

const minPartBytes = 5 * 2 ** 20;
const maxPartBytes = 5 * 2 ** 30;
const maxParts = 10_000;
/** Ten thousand parts with an ETag and a checksum each. */
const maxCompleteBytes = 4 * 2 ** 20;

const xml = (root: string, children: string[]) => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: xmlDocument(root, children),
});

/** Begins an upload; the headers are those the object will be served with. */
export const createMultipartUpload: Handler = ({ request, store, bucket, key, now }) => {
  const upload = store.parts.begin(bucket.name, key, factsOf(request), now);
  return xml('InitiateMultipartUploadResult', [
    element('Bucket', bucket.name),
    element('Key', key),
    element('UploadId', upload.id),
  ]);
};

/** Stores a part whole or not at all, in place of an earlier one with its number. */
export const uploadPart: Handler = async (context) => {
  const { request, payload, store } = context;
  const upload = uploadOf(context);
  const number = partNumber(request.param('partNumber'));
  const body = incomingBody(request, payload);
  if (body.length > maxPartBytes) {
    throw new R2Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      connection: 'close',
    });
  }
  const draft = await store.write(body.chunks);
  const checksum = body.checksum();
  await keep(context, upload, number, draft);
  return {
    status: 200,
    headers: { etag: `"${draft.etag}"`, ...(checksum && { [checksum.name]: checksum.value }) },
  };
};

/** A part out of an object that is there, or out of a range of it. */
export const uploadPartCopy: Handler = async (context) => {
  const { request, store, bucketNames, now } = context;
  const upload = uploadOf(context);
  const number = partNumber(request.param('partNumber'));
  const from = copySource(request.header('x-amz-copy-source') ?? '');
  if (!bucketNames.includes(from.bucket)) throw new R2Error('NoSuchBucket', 'The specified bucket does not exist.');
  const source = store.find(from.bucket, from.key);
  if (!source) throw new R2Error('NoSuchKey', 'The specified key does not exist.');
  assertConditions(conditionsOf(request.header, 'x-amz-copy-source-'), source);
  const range = byteRange(request.header('x-amz-copy-source-range'), source.size);
  const shared = store.share(source);
  let draft: Draft;
  try {
    draft = await store.write(store.read(shared, range?.first, range?.last));
  } finally {
    await store.discard(shared);
  }
  await keep(context, upload, number, draft);
  return xml('CopyPartResult', [element('ETag', `"${draft.etag}"`), element('LastModified', now.toISOString())]);
};

/** Makes the object of the parts that are named. */
export const completeMultipartUpload: Handler = async (context) => {
  const { request, payload, store, bucket, key, now, admitWrite } = context;
  const upload = uploadOf(context);
  const named = parseComplete(await readSmallBody(incomingBody(request, payload), maxCompleteBytes));
  const parts = chosen(store.parts.list(upload, 0, maxParts), named);
  const draft = await store.parts.join(parts).catch((error: unknown) => {
    // Another completion was first, or a part was replaced, and its bytes are gone.
    uploadOf(context);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw invalidPart();
    throw error;
  });
  try {
    const object = store.parts.commit(upload, parts, draft, now, (current) => {
      assertUnlocked(bucket, current, now);
      admitWrite(key);
    });
    if (object === undefined) {
      uploadOf(context);
      throw invalidPart();
    }
    return xml('CompleteMultipartUploadResult', [
      element('Location', `/${bucket.name}/${key}`),
      element('Bucket', bucket.name),
      element('Key', key),
      element('ETag', `"${object.etag}"`),
    ]);
  } catch (error) {
    await store.discard(draft);
    throw error;
  }
};

/** Ends an upload and removes its parts. */
export const abortMultipartUpload: Handler = async (context) => {
  await context.store.parts.abort(uploadOf(context));
  return { status: 204 };
};

/** The upload a request names. Throws NoSuchUpload. */
export function uploadOf({ request, store, bucket, key, now }: Context): PartUpload {
  const upload = store.parts.find(bucket.name, key, request.param('uploadId') ?? '', now);
  if (upload) return upload;
  throw new R2Error('NoSuchUpload', 'The specified multipart upload does not exist.');
}

async function keep({ store, now }: Context, upload: PartUpload, number: number, draft: Draft): Promise<void> {
  if (await store.parts.put(upload, number, draft, now)) return;
  throw new R2Error('NoSuchUpload', 'The specified multipart upload does not exist.');
}

function partNumber(text = ''): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= maxParts) return number;
  throw new R2Error('InvalidArgument', `Part number must be an integer between 1 and ${maxParts}, inclusive.`);
}

const invalidPart = (message = 'One or more of the specified parts could not be found.') =>
  new R2Error('InvalidPart', message);

/** The parts a completion names, in its order. Throws what R2 refuses it for. */
function chosen(stored: StoredPart[], named: NamedPart[]): StoredPart[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const parts = named.map(({ number, etag }, index) => {
    if (index > 0 && number <= (named[index - 1]?.number ?? 0)) {
      throw new R2Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    const part = byNumber.get(number);
    if (part?.etag !== etag) throw invalidPart();
    return part;
  });
  const [first] = parts;
  for (const [index, { size }] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (!isLast && size < minPartBytes) {
      throw new R2Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.');
    }
    if (first && (isLast ? size > first.size : size !== first.size)) {
      throw invalidPart('All non-trailing parts must have the same length.');
    }
  }
  return parts;
}
