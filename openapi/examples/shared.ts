import type { EndpointName } from '../../functions/routes.ts';

export interface Example {
  /** The body that is sent; of a form its fields, the file named by what it would be. */
  request?: unknown;
  /** The body of the success. */
  answer?: unknown;
}

/** The examples of one room of endpoints, each named: a new endpoint does not compile without. */
export type ExamplesOf<Room extends string> = Record<Extract<EndpointName, `${Room}/${string}`>, Example>;

export const fileId = '66f2a1b40a1b2c3d4e5f6071';
export const now = '2026-11-20T10:00:00.000Z';

const query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600&X-Amz-Signature=…';

/** A signed link, without a signature that would be one. */
export const linkTo = (key: string) => `https://account.r2.cloudflarestorage.com/stowage/${key}?${encodeURI(query)}`;

export const presigned = (mimeType: string, contentLength: number) => ({
  uploadId: fileId,
  uploadUrl: linkTo('incoming/3f0c9a7e5d1b4c2f8a6e0d9b7c5a3f10'),
  method: 'PUT',
  headers: { 'content-type': mimeType },
  contentLength,
  expiresIn: 600,
});

export const consumed = (prefix: string, { ext = 'jpg', mimeType = 'image/jpeg', originalName = 'front.jpg' } = {}) => {
  const key = `${prefix}/${fileId}.${ext}`;
  const file = { uploadId: fileId, key, mimeType, sizeBytes: 2_000_000, originalName };
  return { ...file, url: linkTo(key), urlExpiresAt: '2026-11-20T11:00:00.000Z' };
};
