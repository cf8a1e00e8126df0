import { completeImage, type PresignRequest, presignImage } from '#core/extensions/direct-images.ts';
import { ownUpload, sessionUpload } from '#core/extensions/session-files.ts';
import { type AppSettings, defaultSettings } from '#core/extensions/settings.ts';
import { deleteFile } from '#core/files/delete.ts';
import type { PutOffer } from '#core/files/incoming.ts';
import { type FileRecord, isOf } from '#core/files/record.ts';
import { sweepIncoming, sweepOne } from '#core/files/sweep.ts';
import { jpegPhoto } from './images.ts';
import type { World } from './world.ts';

export const settings: AppSettings = { ...defaultSettings, enabled: true };
export const caller = { appId: 'app', userId: 'user', sessionId: 'session', lockId: 'lock' };
export const setup = { kind: 'setup', appId: 'app', userId: 'user' } as const;

/** A direct upload as a client and the platform around it do it, step by step. */
export function directUploads(world: World) {
  const authorize = (file: FileRecord | undefined) =>
    isOf('extension', file) && file.staged ? ownUpload(world, caller)(file) : sessionUpload(world, caller)(file);

  const presign = (declared: Partial<PresignRequest> = {}, using = settings) =>
    presignImage(
      world,
      {
        target: { kind: 'session', ...caller },
        originalName: 'photo.jpg',
        mimeType: 'image/jpeg',
        sizeBytes: 1000,
        ...declared,
      },
      using,
    );

  return {
    presign,
    complete: (uploadId: string, using = settings) => completeImage(world, { uploadId, authorize }, using),
    /** Presigned and PUT, ready to be completed. */
    async uploaded(bytes: Uint8Array, declared: Partial<PresignRequest> = {}, using = settings) {
      const offer = await presign({ sizeBytes: bytes.byteLength, ...declared }, using);
      const status = await put(offer, bytes);
      if (status !== 200) throw new Error(`PUT answered ${status}`);
      return offer;
    },
    /** What the hourly schedule does. */
    async sweep(): Promise<void> {
      for (const file of await world.files.listDue(world.clock.now(), { limit: 100 })) await sweepOne(world, file);
      const markers = await world.files.listDueIncoming(world.clock.now(), 100);
      for (const marker of markers) await sweepIncoming(world, marker);
    },
    /** Runs `step` once, right before R2 does the named operation. */
    rightBefore(operation: string, step: () => Promise<unknown>): void {
      world.faults.r2 = async (request) => {
        if (request.operation !== operation) return undefined;
        world.faults.r2 = undefined;
        await step();
        return undefined;
      };
    },
    usage: () => world.files.usage({ kind: 'app', appId: 'app' }),
    /** Deletes a finished file as its owner does. */
    remove: (file: FileRecord) => deleteFile(world, async () => (await world.files.get(file.id)) ?? file),
    async reset(): Promise<void> {
      await world.reset();
    },
  };
}

/** PUTs as a browser does with what presign told it; the length is the body's own. Answers the status. */
export async function put({ uploadUrl, headers }: PutOffer, bytes: Uint8Array): Promise<number> {
  const { 'content-length': _, ...sent } = headers;
  const body = new Uint8Array(bytes);
  const response = await fetch(uploadUrl, { method: 'PUT', headers: sent, body });
  await response.arrayBuffer();
  return response.status;
}

/** Another picture, padded to a length, so that a PUT signed for that length takes it too. */
export async function anotherPhoto(length: number): Promise<Buffer> {
  const picture = await jpegPhoto({ width: 160, height: 120 });
  return Buffer.concat([picture, Buffer.alloc(length - picture.length)]);
}
