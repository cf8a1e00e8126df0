/** The buckets' objects through the S3 client. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  type CopyObjectCommandOutput,
  DeleteObjectCommand,
  type DeleteObjectCommandOutput,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type PutObjectCommandOutput,
} from '@aws-sdk/client-s3';
import {
  type ObjectHead,
  type ObjectHeaders,
  type ObjectRef,
  type ObjectStore,
  ObjectStoreError,
} from '#core/files/ports.ts';
import { bytesOf, etagOf, headOf, nothingInRange } from './answers.ts';
import { openR2 } from './client.ts';
import { objectPath, type R2Config, refIn } from './config.ts';
import { abandonAll, patienceMs } from './part-store.ts';
import { contradiction, R2Refusal } from './refusals.ts';

/** A server that ignores the range sends all that lies before it as well; more of that than this is not worth a part. */
const maxSkippedBytes = 1_048_576;

/**
 * The `ObjectStore` of one R2 account. All errors are `ObjectStoreError` with the reasons of the port; messages name
 * the operation and R2's code and never hold a URL, a signature or a secret.
 */
export function createObjectStore(config: R2Config): ObjectStore {
  const send = openR2(config);
  const at = (ref: ObjectRef) => refIn(config, ref);

  async function head(ref: ObjectRef): Promise<ObjectHead | undefined> {
    try {
      return headOf(await send<HeadObjectCommandOutput>('HEAD', new HeadObjectCommand(at(ref))));
    } catch (error) {
      if (!(error instanceof R2Refusal) || error.reason !== 'missing') throw inOurWords(error);
    }
    // A HEAD's 404 has no code: it may be the bucket's, or a proxy's. What GET says is R2's word.
    const command = new GetObjectCommand({ ...at(ref), Range: 'bytes=0-0' });
    const found = await send('GET', command, { maxBytes: 1, wantedOfWhole: 1 }).catch((error: unknown) => {
      if (error instanceof R2Refusal && error.reason === 'missing') return undefined;
      throw inOurWords(error);
    });
    if (found) throw contradiction('HEAD', 'with 404 for an object that GET finds');
    return undefined;
  }

  async function isCopyOf(ref: ObjectRef, etag: string): Promise<boolean> {
    const { Metadata } = await send<HeadObjectCommandOutput>('HEAD', new HeadObjectCommand(at(ref))).catch(
      (error: unknown) => {
        throw inOurWords(error);
      },
    );
    return Metadata?.[copyOf] === bare(etag);
  }

  return {
    head,

    async put(ref, body, headers, { repeatable = false } = {}) {
      const command = new PutObjectCommand({ ...at(ref), Body: body, ...stored(headers), IfNoneMatch: '*' });
      try {
        const { ETag } = await send<PutObjectCommandOutput>('PUT', command, { bytes: body.byteLength });
        return { etag: etagOf('PUT', ETag) };
      } catch (error) {
        if (!(error instanceof R2Refusal)) throw error;
        // What stands in the way of a repeated write may be its own first try, whose answer was lost: the condition or
        // a bucket lock (which an object has as soon as it is written) then refuses the second.
        if ((error.mayHaveLanded || repeatable) && (error.reason === 'changed' || error.reason === 'locked')) {
          // R2's ETag of a single PUT is the MD5 of its bytes.
          const etag = `"${createHash('md5').update(body).digest('hex')}"`;
          if ((await head(ref))?.etag === etag) return { etag };
        }
        if (error.reason !== 'changed') throw error.toStoreError();
        throw new ObjectStoreError('exists', 'An object with this key is there already.');
      }
    },

    async get(ref, { maxBytes, ifMatch, sizeBytes, range }) {
      const command = new GetObjectCommand({
        ...at(ref),
        ...(ifMatch !== undefined && { IfMatch: ifMatch }),
        ...(range && { Range: `bytes=${range.first}-${range.last}` }),
      });
      // A part is waited for by its own size, however large the object is.
      const most = range ? Math.min(maxBytes, range.last - range.first + 1) : maxBytes;
      const travel = {
        bytes: most,
        maxBytes: most,
        wantedOfWhole: range && (range.first === 0 ? range.last + 1 : Math.min(range.last + 1, maxSkippedBytes)),
      };
      const expected = { range, ifMatch, sizeBytes };
      try {
        const found = await send<GetObjectCommandOutput>('GET', command, travel);
        return bytesOf(found, await collected(found.Body as Readable), expected);
      } catch (error) {
        if (!(error instanceof R2Refusal)) throw error;
        if (error.code === 'InvalidRange') return nothingInRange(error, expected);
        if (error.reason === 'missing') return undefined;
        throw error.toStoreError();
      }
    },

    async copy(from, to, { ifMatch, headers, sizeBytes = 0 }) {
      const command = new CopyObjectCommand({
        ...at(to),
        CopySource: objectPath(config, from),
        CopySourceIfMatch: ifMatch,
        ...(headers === undefined
          ? { MetadataDirective: 'COPY' }
          : { MetadataDirective: 'REPLACE', ...stored(headers), ...copiedFrom(ifMatch) }),
      });
      try {
        const travel = { patienceMs: patienceMs(sizeBytes) };
        const answer = await send<CopyObjectCommandOutput>('COPY', command, travel);
        return { etag: etagOf('COPY', answer.CopyObjectResult?.ETag) };
      } catch (error) {
        if (!(error instanceof R2Refusal)) throw error;
        const { reason, mayHaveLanded } = error;
        // One code for both conditions: what is at the destination tells which of them failed. A copy keeps the ETag
        // of what came by one PUT; of what came in parts it is told whose copy it is.
        const there = reason === 'changed' || (mayHaveLanded && reason === 'locked') ? await head(to) : undefined;
        if (there?.etag === ifMatch) return { etag: ifMatch };
        if (there && isOfParts(ifMatch) && (await isCopyOf(to, ifMatch))) return { etag: there.etag };
        if (there && reason === 'changed') {
          throw new ObjectStoreError('exists', 'Another object with this key is there already.');
        }
        throw error.toStoreError();
      }
    },

    abandon: (ref) => abandonAll(send, config, ref),

    async delete(ref) {
      try {
        const { $metadata } = await send<DeleteObjectCommandOutput>('DELETE', new DeleteObjectCommand(at(ref)));
        // The record goes next, so a page some proxy answered with must not pass for "deleted".
        if ($metadata.httpStatusCode !== 204) {
          throw contradiction('DELETE', `with ${$metadata.httpStatusCode} instead of 204`);
        }
      } catch (error) {
        if (!(error instanceof R2Refusal) || error.reason !== 'missing') throw inOurWords(error);
      }
    },
  };
}

/** The metadata that says which version an object is a copy of, where its ETag does not. */
const copyOf = 'copy-of';

/** The ETag of an object that came in parts, which is no hash of its bytes. */
const isOfParts = (etag: string) => /-\d+"$/.test(etag);
const copiedFrom = (etag: string) => isOfParts(etag) && { Metadata: { [copyOf]: bare(etag) } };
const bare = (etag: string) => etag.replaceAll('"', '');

const inOurWords = (error: unknown) => (error instanceof R2Refusal ? error.toStoreError() : error);

const stored = ({ contentType, contentDisposition, cacheControl }: ObjectHeaders) => ({
  ContentType: contentType,
  ...(contentDisposition !== undefined && { ContentDisposition: contentDisposition }),
  ...(cacheControl !== undefined && { CacheControl: cacheControl }),
});

/** The handler has read the answer whole, so this is one chunk and no waiting. */
async function collected(body: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk as Uint8Array);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
