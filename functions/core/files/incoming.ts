import { AppError } from '#core/files/errors.ts';
import { newIncomingKey } from '#core/files/ids.ts';
import {
  type Clock,
  type ObjectHead,
  type ObjectHeaders,
  type ObjectStore,
  ObjectStoreError,
  type UrlSigner,
} from '#core/files/ports.ts';
import { type FileRecord, type Incoming, incomingOf, objectOf } from '#core/files/record.ts';

/** Life of a presigned PUT, seconds (docs/contract.md, "Presign and PUT"). */
export const putSeconds = 600;

/** From presign until an upload can no longer be completed, milliseconds (docs/contract.md, "Presign and PUT"). */
export const completeWithinMs = 900_000;

/**
 * What a client is told to do: PUT exactly `contentLength` bytes, or `maxBytes` at most where it declared no size, to
 * `uploadUrl` with these headers, within `expiresIn` seconds. The length is no header of them, since browsers let nobody
 * set it.
 */
export interface PutOffer {
  uploadUrl: string;
  method: 'PUT';
  headers: Record<string, string>;
  contentLength?: number;
  maxBytes?: number;
  expiresIn: number;
}

/** What a client says it will PUT; `atMost` where it does not say how much. */
export type Declared = Pick<Incoming, 'mimeType' | 'sizeBytes'> & { atMost?: true | undefined };

/**
 * Signs a PUT of exactly these bytes' type and length to a new incoming key (docs/contract.md, "Promises"): never to a
 * file's final key. No call leaves the function. `incoming` belongs into the pending record, whose `expiresAt` and
 * `dueAt` are the presign time and `completeWithinMs`.
 */
export async function offerPut(
  deps: { signer: UrlSigner; clock: Clock },
  { mimeType, sizeBytes, atMost }: Declared,
): Promise<{ incoming: Incoming; offer: PutOffer }> {
  const incoming: Incoming = { mimeType, sizeBytes, ...(atMost && { atMost }), key: newIncomingKey(), urlExpiresAt: 0 };
  const { offer, urlExpiresAt } = await signPut(deps, incoming, putSeconds);
  return { incoming: { ...incoming, urlExpiresAt }, offer };
}

/** The offer of an upload that was presigned before, for what is left of its time; undefined when that is over. */
export async function renewOffer(
  deps: { signer: UrlSigner; clock: Clock },
  incoming: Incoming,
): Promise<PutOffer | undefined> {
  const secondsLeft = Math.floor((incoming.urlExpiresAt - deps.clock.now().getTime()) / 1000);
  return secondsLeft < 1 ? undefined : (await signPut(deps, incoming, secondsLeft)).offer;
}

async function signPut({ signer }: { signer: UrlSigner }, incoming: Incoming, expiresInSeconds: number) {
  const signed = await signer.presignPut(incomingOf(incoming), {
    contentType: incoming.mimeType,
    ...(incoming.atMost === undefined && { contentLength: incoming.sizeBytes }),
    expiresInSeconds,
  });
  const { url: uploadUrl, headers } = signed;
  const offer: PutOffer = {
    uploadUrl,
    method: 'PUT',
    headers,
    ...(incoming.atMost === true ? { maxBytes: incoming.sizeBytes } : { contentLength: incoming.sizeBytes }),
    expiresIn: expiresInSeconds,
  };
  return { offer, urlExpiresAt: signed.expiresAt.getTime() };
}

/**
 * The uploaded object, checked against what was declared. The signature lets nothing else through; this holds when it
 * was written another way. Throws `file_not_uploaded` when nothing is there, `validation_failed` for another
 * size or an encoding, `invalid_file_type` for another type.
 */
export async function checkIncoming(objects: ObjectStore, file: FileRecord): Promise<ObjectHead> {
  const { incoming } = file;
  const head = incoming && (await objects.head(incomingOf(incoming)));
  if (incoming === undefined || head === undefined) throw notUploaded(file.id);
  const { sizeBytes: said, atMost = false } = incoming;
  if (atMost ? head.sizeBytes > said : head.sizeBytes !== said) {
    const message = `${atMost ? 'at most' : 'declared'} ${said} bytes, uploaded ${head.sizeBytes}`;
    throw new AppError(
      'validation_failed',
      `Upload ${atMost ? 'no more than is taken' : 'exactly the size you declare'}: ${message}.`,
      {
        details: { issues: [{ path: 'sizeBytes', message }] },
      },
    );
  }
  if (head.contentType !== incoming.mimeType) throw typeDiffers(incoming.mimeType, head.contentType);
  // No signature forbids the header, and reading would decode: what is judged would not be what is kept.
  if (head.contentEncoding !== undefined) {
    const message = 'PUT the bytes as they are, without Content-Encoding';
    throw new AppError('validation_failed', `${message}.`, { details: { issues: [{ path: 'upload', message }] } });
  }
  return head;
}

/** Reads a checked incoming object, or a part of it. Throws `file_not_uploaded` when it is gone or another by now. */
export async function readIncoming(
  objects: ObjectStore,
  file: FileRecord,
  head: ObjectHead,
  range?: { first: number; last: number },
): Promise<Uint8Array> {
  const { incoming } = file;
  if (incoming === undefined) throw notUploaded(file.id);
  const { sizeBytes, etag: ifMatch } = head;
  const options = { maxBytes: sizeBytes, sizeBytes, ifMatch, ...(range !== undefined && { range }) };
  const bytes = await objects.get(incomingOf(incoming), options).catch(goneOrThrow);
  if (bytes === undefined) throw notUploaded(file.id);
  return bytes;
}

/**
 * Promotes a checked incoming object by a copy inside R2, on the ETag that was checked: no byte passes through here.
 * Safe to repeat. Throws `file_not_uploaded` when it is gone or another by now.
 */
export async function copyIncoming(
  objects: ObjectStore,
  file: FileRecord,
  head: ObjectHead,
  headers: ObjectHeaders,
): Promise<void> {
  const { incoming } = file;
  if (incoming === undefined) throw notUploaded(file.id);
  const copied = await objects
    .copy(incomingOf(incoming), objectOf(file), { ifMatch: head.etag, headers, sizeBytes: head.sizeBytes })
    .catch(goneOrThrow);
  if (copied === undefined) throw notUploaded(file.id);
}

export const notUploaded = (fileId: string) =>
  new AppError('file_not_uploaded', `File ${fileId} was not uploaded. PUT its bytes first, then complete.`);

/** A declared type that the bytes do not have. `detected` is the error body's field for what was found. */
export const typeDiffers = (declared: string, detected: string) =>
  new AppError('invalid_file_type', `The upload was declared as ${declared} and is ${detected}.`, {
    details: { declared, detected },
  });

function goneOrThrow(error: unknown): undefined {
  if (error instanceof ObjectStoreError && (error.reason === 'changed' || error.reason === 'missing')) return undefined;
  throw error;
}
