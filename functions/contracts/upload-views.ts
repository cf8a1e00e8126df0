import * as z from 'zod/mini';
import { AppError } from '#core/files/errors.ts';
import type { Bucket } from '#core/files/ports.ts';
import { openIn, type UploadFile } from '#core/files/record.ts';
import { encodeRfc3986 } from '#core/files/uri.ts';
import { checked } from './checked.ts';

/** Where stored files are, as their owners are told: the deploy settings. */
export interface Places {
  /** Names of the buckets by role; a role without one is not configured. */
  buckets: Partial<Record<Bucket, string | undefined>>;
  /** S3 endpoint of the R2 account. */
  endpoint: string | undefined;
  /** Where the public bucket opens without a signature. */
  publicBaseUrl: string | undefined;
}

const text = z.string();

const fields = {
  name: text,
  uploaded_by: text,
  type: text,
  /** Bytes, in digits: a string in the contract's answers. */
  size: checked(z.string(), z.regex(/^\d+$/)),
  bucket: text,
  url: text,
  meta: z.object({ originalName: text }),
  status: z.boolean(),
  deletedAt: z.nullable(text),
};
const times = {
  createdAt: text,
  updatedAt: text,
  __v: z.literal(0),
  /** Only while a scanner's verdict is waited for. */
  scan: z.optional(z.literal('pending')),
};

/** A file as lists and details show it, its fields in the contract's order (docs/contract.md, "Uploads"). */
export const uploadAnswer = z.object({ _id: text, ...fields, ...times });

/** The same with `_id` where the answers to an upload have it. */
export const newUploadAnswer = z.object({ ...fields, _id: text, ...times });

/** The envelope of every answer (docs/contract.md, "Uploads"). */
export const enveloped = <T extends z.ZodMiniType>(data: T) =>
  z.object({ status: z.literal('success'), message: text, data });

export const success = <T>(message: string, data: T) => ({ status: 'success' as const, message, data });

/** The file as a list or a read shows it. Throws `storage_not_configured` where its bucket has no name or address. */
export function uploadView(file: UploadFile, places: Places): z.output<typeof uploadAnswer> {
  const { _id, ...rest } = newUploadView(file, places);
  return { _id, ...rest };
}

export function newUploadView(file: UploadFile, places: Places): z.output<typeof newUploadAnswer> {
  const { bucket, base } = placeOf(file, places);
  return {
    name: file.key,
    uploaded_by: file.userId,
    type: file.mimeType,
    size: String(file.sizeBytes),
    bucket,
    url: `${base}/${file.key.split('/').map(encodeRfc3986).join('/')}`,
    meta: { originalName: file.originalName },
    status: file.deletedAt === undefined,
    deletedAt: file.deletedAt ?? null,
    _id: file.id,
    createdAt: file.createdAt,
    // Nothing of a stored upload changes but that it is deleted or restored; when its record was marked ready is no update.
    updatedAt: file.deletedAt ?? file.restoredAt ?? file.createdAt,
    __v: 0,
    ...(file.quarantine !== undefined && { scan: 'pending' as const }),
  };
}

/** A public file's address opens; a private one's is its permanent name, which answers only with a signed query. */
function placeOf(file: UploadFile, places: Places): { bucket: string; base: string } {
  const role = openIn(file);
  const { bucket, base } = requirePlace(role, places);
  return { bucket, base: role === 'public' ? base : `${base}/${bucket}` };
}

/** Throws `storage_not_configured`: asked before anything is stored, and whenever an address is shown. */
export function requirePlace(role: Bucket, places: Places): { bucket: string; base: string } {
  const bucket = places.buckets[role];
  const base = role === 'public' ? places.publicBaseUrl : places.endpoint;
  if (places.endpoint !== undefined && bucket !== undefined && base !== undefined) return { bucket, base };
  throw new AppError('storage_not_configured', `No ${role} bucket is configured. Ask the platform team.`);
}
