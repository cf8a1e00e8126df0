/**
 * Parts for `@uppy/aws-s3`, which thinks it speaks to S3: it lists parts, PUTs them, and completes or aborts, each by a
 * request that is signed for it. Only PUTs go to the bucket. What it lists is answered from the API, and the rest by an
 * address that holds its own answer, since no page may begin, complete or abort an upload in the bucket itself.
 */
import type { Api } from './api.ts';
import type { UploadTarget } from './targets.ts';
import type { UppyFile, UppyLike } from './uppy-core.ts';

/** What `@uppy/aws-s3` asks to have signed. */
export interface S3Request {
  method: string;
  key: string;
  uploadId?: string;
  partNumber?: number;
}

export interface SignedRequest {
  url: string;
  headers: Record<string, string>;
}

/** What the API says of an upload in parts. */
export interface PartsAnswer {
  uploadId: string;
  partSizeBytes: number;
  partCount: number;
  uploadedParts: { partNumber: number; etag: string }[];
  parts: { partNumber: number; uploadUrl: string }[];
}

/** Parts signed at a time: Uppy sends those of a file one after the other. */
const ahead = 20;

/** URLs of parts live an hour; a part that begins now must arrive. */
const freshMs = 30 * 60_000;

/** Uploads in parts of the files of one `Uppy`; `presign` begins one, or finds the one it began. */
export function createUppyParts(
  uppy: UppyLike,
  { api, target, minBytes }: { api: Api; target: UploadTarget<never, unknown>; minBytes: number },
  presign: (file: UppyFile) => Promise<PartsAnswer>,
) {
  const sizes = new Map<number, number>();
  const failures = new Map<string, unknown>();
  const urls = new Map<string, { at: number; urls: Map<number, string> }>();

  const isLarge = ({ size, data }: UppyFile) => Boolean(target.parts) && (size ?? (data as Blob).size) >= minBytes;

  async function ask(uploadId: string, numbers?: number[]): Promise<PartsAnswer> {
    const path = target.parts?.(uploadId) ?? '';
    return target.open(await api.call('POST', path, { json: numbers ? { numbers } : {} })) as PartsAnswer;
  }

  /** Before Uppy looks at a file: it has to know the size of its parts, and that there is an upload to go on with. */
  async function prepare(file: UppyFile): Promise<void> {
    urls.delete(file.id);
    failures.delete(file.id);
    try {
      const { uploadId, partSizeBytes } = await presign(file);
      sizes.set((file.data as Blob).size, partSizeBytes);
      if (!uppy.getFile(file.id)) return;
      uppy.setFileMeta(file.id, { stowageUploadId: uploadId });
      uppy.setFileState(file.id, { s3Multipart: { key: file.id, uploadId } });
    } catch (error) {
      // Told when Uppy asks for the upload to begin: what fails here it shows nobody.
      failures.set(file.id, error);
      if (uppy.getFile(file.id)) uppy.setFileState(file.id, { s3Multipart: undefined });
    }
  }

  async function part(id: string, uploadId: string, number: number): Promise<SignedRequest> {
    let known = urls.get(id);
    if (!known?.urls.has(number) || Date.now() - known.at > freshMs) {
      const { size = 0 } = (uppy.getFile(id)?.data ?? {}) as Partial<Blob>;
      const count = Math.ceil(size / chunkOf(size));
      const numbers = Array.from({ length: Math.min(ahead, count - number + 1) }, (_, index) => number + index);
      const { parts } = await ask(uploadId, numbers);
      known = { at: Date.now(), urls: new Map(parts.map(({ partNumber, uploadUrl }) => [partNumber, uploadUrl])) };
      urls.set(id, known);
    }
    return { url: known.urls.get(number) ?? '', headers: {} };
  }

  async function sign({ method, key, uploadId, partNumber }: S3Request): Promise<SignedRequest> {
    if (uploadId === undefined) throw failures.get(key) ?? new Error('The upload was not prepared. Try again.');
    if (partNumber !== undefined) return await part(key, uploadId, partNumber);
    if (method !== 'GET')
      return holding(
        `<CompleteMultipartUploadResult>${tag('Location', key)}${tag('Key', key)}</CompleteMultipartUploadResult>`,
      );
    const { uploadedParts } = await ask(uploadId);
    const parts = uploadedParts.map(
      ({ partNumber: number, etag }) =>
        `<Part>${tag('PartNumber', number)}${tag('ETag', etag.replaceAll('"', ''))}</Part>`,
    );
    return holding(`<ListPartsResult>${parts.join('')}</ListPartsResult>`);
  }

  const chunkOf = (size: number) => sizes.get(size) ?? size;

  return { isLarge, prepare, sign, chunkOf, refuse: (id: string) => void urls.delete(id) };
}

const tag = (name: string, value: string | number) =>
  `<${name}>${String(value).replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</${name}>`;

/** An address that answers whatever is sent to it with this (https://fetch.spec.whatwg.org/#scheme-fetch). */
const holding = (xml: string): SignedRequest => ({
  url: `data:application/xml,${encodeURIComponent(xml)}`,
  headers: {},
});
