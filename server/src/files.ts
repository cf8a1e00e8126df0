/** Bytes on their way up: in a form as long as one carries them, and otherwise directly into the bucket. */
import type { Caller, CallOptions } from './caller.ts';
import type { Schemas } from './operations.ts';

/**
 * The bytes of a file. A `Blob` is read again for every try, so a large file need not be in memory: `await
 * openAsBlob(path)` of `node:fs`.
 */
export type FileBytes = Blob | Uint8Array<ArrayBuffer>;

export interface NamedFile {
  bytes: FileBytes;
  /** As people see it; that of a `File` unless told. */
  filename?: string;
  /** What the bytes are, where they go directly; that of the `Blob` unless told. */
  mimeType?: string;
}

/** What is known of a file before it is sent. */
export interface Declared {
  blob: Blob;
  filename: string;
  mimeType: string;
  sizeBytes: number;
}

/** Up to this a form carries a file with its other fields (docs/contract.md, "Requests", rounded down to whole MB). */
const formBytes = 4 * 1024 * 1024;

/** Reads name, type and size off a file. Throws `TypeError` where there are no bytes, which nothing stores. */
export function declared({ bytes, filename, mimeType }: NamedFile): Declared {
  const type = mimeType ?? (bytes instanceof Blob ? bytes.type : '');
  const blob = bytes instanceof Blob && bytes.type === type ? bytes : new Blob([bytes], { type });
  if (blob.size === 0) throw new TypeError('The file is empty.');
  const own = 'name' in bytes && typeof bytes.name === 'string' ? bytes.name : 'file';
  return { blob, filename: filename ?? own, mimeType: type || 'application/octet-stream', sizeBytes: blob.size };
}

/** A form of the file and its text fields; those that are undefined are left out. */
export function formOf({ blob, filename }: Declared, fields: Record<string, string | undefined>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  form.set('file', blob, filename);
  return form;
}

interface Ways<T> {
  inRequest(): Promise<T>;
  presign(): Promise<Schemas['PresignedUpload']>;
  /** With options that have no key: what is completed by its id needs none, and that of presigning is taken. */
  complete(uploadId: string, options: CallOptions): Promise<T>;
}

/** Stores a file the way its size asks for. */
export async function stored<T>(
  caller: Caller,
  file: Declared,
  { inRequest, presign, complete }: Ways<T>,
  options: CallOptions = {},
): Promise<T> {
  if (file.sizeBytes <= formBytes) return await inRequest();
  return await storedDirectly(caller, file, { presign, complete }, options);
}

/** Presigns, PUTs and completes. Each of the three may be repeated, so that the same key takes up what broke off. */
export async function storedDirectly<T>(
  caller: Caller,
  file: Declared,
  { presign, complete }: Pick<Ways<T>, 'presign' | 'complete'>,
  options: CallOptions = {},
): Promise<T> {
  const { idempotencyKey, ...further } = options;
  const offer = await presign();
  await caller.put(offer, file.blob, further);
  return await complete(offer.uploadId, further);
}
