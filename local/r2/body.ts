/**
 * A request's body on its way to the store: decoded, counted, and checked against everything that was said about it
 * (length, signed hash, Content-MD5, one checksum). A check that fails throws at the end of the stream, so whoever
 * consumes it must keep nothing until the stream has ended. Differs from real R2: CRC32C and CRC64NVME are 501.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeAwsChunked } from './chunked.ts';
import { R2Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { PayloadProof } from './signature.ts';

export interface Checksum {
  /** `x-amz-checksum-<algorithm>` */
  name: string;
  /** Base64, as S3 has it. */
  value: string;
}

export interface IncomingBody {
  chunks: AsyncIterable<Uint8Array>;
  /** Bytes after decoding, as declared. */
  length: number;
  /** The checksum that was sent and is right; known only after `chunks` ended. */
  checksum(): Checksum | undefined;
}

interface Digest {
  update(chunk: Uint8Array): void;
  digest(): Buffer;
}

const checksumPrefix = 'x-amz-checksum-';

/** Reads what is declared of a body. Throws 411 without a length; the stream throws BadDigest and its kin. */
export function incomingBody(request: S3Request, proof: PayloadProof): IncomingBody {
  const length = declaredLength(request, proof);
  const expected = declaredChecksum(request, proof);
  const trailers = new Map<string, string>();
  let verified: Checksum | undefined;

  async function* verify(): AsyncGenerator<Uint8Array> {
    // The socket must outlive a refusal in the middle of the body, or the refusal could not be answered.
    const wire = request.raw.iterator({ destroyOnReturn: false });
    const source = proof.kind === 'unsigned-trailer' ? decodeAwsChunked(wire, trailers) : wire;
    const sha256 = proof.kind === 'sha256' ? createHash('sha256') : undefined;
    const md5 = request.header('content-md5') === undefined ? undefined : createHash('md5');
    const checksum = expected === undefined ? undefined : digestOf(expected.name);
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      if (size > length) throw new R2Error('IncompleteBody', 'The body is longer than was declared.');
      sha256?.update(chunk);
      md5?.update(chunk);
      checksum?.update(chunk);
      yield chunk;
    }
    if (size < length) throw new R2Error('IncompleteBody', 'The body is shorter than was declared.');
    if (proof.kind === 'sha256' && sha256 && !same(sha256.digest(), Buffer.from(proof.hex, 'hex'))) {
      throw new R2Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    if (md5) matchDigest('Content-MD5', md5.digest(), request.header('content-md5') ?? '');
    if (expected && checksum) {
      const actual = checksum.digest();
      const value = expected.value ?? trailers.get(expected.name);
      if (value === undefined) throw new R2Error('IncompleteBody', `The trailer ${expected.name} is missing.`);
      matchDigest(expected.name, actual, value);
      verified = { name: expected.name, value };
    }
  }
  return { chunks: verify(), length, checksum: () => verified };
}

/** Collects a small body whole. Throws EntityTooLarge above `maxBytes`, else as `incomingBody`. */
export async function readSmallBody(body: IncomingBody, maxBytes: number): Promise<string> {
  if (body.length > maxBytes) throw new R2Error('EntityTooLarge', `The body may have ${maxBytes} bytes.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function declaredLength(request: S3Request, proof: PayloadProof): number {
  const name = proof.kind === 'unsigned-trailer' ? 'x-amz-decoded-content-length' : 'content-length';
  const text = request.header(name);
  if (text === undefined) throw new R2Error('MissingContentLength', `You must provide the ${name} HTTP header.`);
  if (!/^\d{1,15}$/.test(text)) throw new R2Error('InvalidArgument', `${name} must be a number of bytes.`);
  return Number(text);
}

function declaredChecksum(request: S3Request, proof: PayloadProof): { name: string; value?: string } | undefined {
  const sent: { name: string; value?: string }[] = [];
  for (const [name, value] of request.amzHeaders()) {
    const known =
      name !== `${checksumPrefix}mode` && name !== `${checksumPrefix}algorithm` && name !== `${checksumPrefix}type`;
    if (name.startsWith(checksumPrefix) && known) sent.push({ name, value });
  }
  const trailer = request.header('x-amz-trailer')?.trim().toLowerCase();
  if (proof.kind === 'unsigned-trailer' && trailer) sent.push({ name: trailer });
  if (sent.length > 1) throw new R2Error('InvalidRequest', 'You can only specify one checksum at a time.');
  return sent[0];
}

function digestOf(name: string): Digest {
  switch (name.slice(checksumPrefix.length)) {
    case 'crc32':
      return crc32Digest();
    case 'sha1':
      return createHash('sha1');
    case 'sha256':
      return createHash('sha256');
    default:
      throw new R2Error('NotImplemented', `${name} not implemented`);
  }
}

function crc32Digest(): Digest {
  let value = 0;
  return {
    update(chunk) {
      value = crc32(chunk, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function matchDigest(name: string, actual: Buffer, base64: string): void {
  const claimed = Buffer.from(base64, 'base64');
  if (claimed.length !== actual.length) throw new R2Error('InvalidDigest', `The ${name} you specified is not valid.`);
  if (!same(actual, claimed))
    throw new R2Error('BadDigest', `The ${name} you specified did not match what we received.`);
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
