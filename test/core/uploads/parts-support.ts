import { randomBytes } from 'node:crypto';
import type { ObjectRef } from '#core/files/ports.ts';
import { incomingOf, type UploadFile } from '#core/files/record.ts';
import { completeDirectUpload } from '#core/uploads/direct-upload.ts';
import { nextParts, type PartsOffer, presignParts } from '#core/uploads/part-upload.ts';
import type { World } from '#test/support/world.ts';
import { settings } from './support.ts';

export const MiB = 1_048_576;
export const bytes = randomBytes(2 * 5 * MiB + 1000);
export const request = {
  userId: 'user',
  visibility: 'private',
  originalName: 'film.bin',
  mimeType: 'application/octet-stream',
  sizeBytes: bytes.length,
} as const;

/** What the suites of uploads in parts do with a world. */
export function partsOf(world: () => World) {
  const presign = (more: Partial<Parameters<typeof presignParts>[1]> = {}) =>
    presignParts(world(), { ...request, ...more }, settings);
  const next = (uploadId: string, numbers?: number[], userId = 'user') =>
    nextParts(world(), { uploadId, userId, numbers });
  const complete = (uploadId: string, userId = 'user') => completeDirectUpload(world(), { uploadId, userId }, settings);

  async function put({ parts, partSizeBytes }: PartsOffer, numbers = parts.map(({ number }) => number), of = bytes) {
    const wanted = parts.filter(({ number }) => numbers.includes(number));
    return await Promise.all(
      wanted.map(async ({ number, uploadUrl, contentLength }) => {
        const start = (number - 1) * partSizeBytes;
        const body = of.subarray(start, start + contentLength);
        return (await fetch(uploadUrl, { method: 'PUT', body })).status;
      }),
    );
  }

  async function recordOf(uploadId: string): Promise<UploadFile> {
    return (await world().files.get(uploadId)) as UploadFile;
  }

  /** R2's own name of an upload, and where its parts are. */
  async function inR2(uploadId: string): Promise<{ ref: ObjectRef; id: string }> {
    const { incoming } = await recordOf(uploadId);
    return { ref: incomingOf(incoming as NonNullable<typeof incoming>), id: incoming?.parts?.uploadId ?? '' };
  }

  return { presign, next, complete, put, recordOf, inR2 };
}
