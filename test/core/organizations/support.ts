import type { Presigned } from '#core/files/presign.ts';
import { sweepIncoming, sweepOne } from '#core/files/sweep.ts';
import type { UploadOwnerType } from '#core/organizations/policy.ts';
import { presignForMember } from '#core/organizations/staging.ts';
import { put as putBytes } from '#test/support/direct.ts';
import type { World } from '#test/support/world.ts';

export const orgId = 'org';
export const userId = 'user';

export async function join(world: World, org = orgId, user = userId, status: 'active' | 'inactive' = 'active') {
  await world.organizations.putMember({ orgId: org, userId: user, status, updatedAt: new Date().toISOString() });
}

/** A world as new: no faults, no objects, no items but one active member. */
export async function reset(world: World) {
  await world.reset();
  await join(world);
  world.calls.length = 0;
}

export const bytesOf = (text: string) => Buffer.from(text);

export async function presign(
  world: World,
  given: { orgId?: string; userId?: string; ownerType?: UploadOwnerType; mimeType?: string; bytes?: Buffer } = {},
): Promise<Presigned> {
  const { ownerType = 'progress_photo', mimeType = 'image/jpeg', bytes = bytesOf('a photo') } = given;
  return await presignForMember(world, {
    orgId: given.orgId ?? orgId,
    userId: given.userId ?? userId,
    ownerType,
    declared: { mimeType, sizeBytes: bytes.byteLength },
  });
}

/** What the client does with an offer, to the letter; answers the status. */
export const put = (upload: Presigned, bytes: Buffer = bytesOf('a photo')): Promise<number> => putBytes(upload, bytes);

/** Presigned and uploaded. */
export async function uploaded(world: World, given: Parameters<typeof presign>[1] = {}): Promise<string> {
  const upload = await presign(world, given);
  const status = await put(upload, given.bytes);
  if (status !== 200) throw new Error(`PUT answered ${status}`);
  return upload.uploadId;
}

/** What is left once the worker has run and, hours later, the schedule: keys of objects, and items beside memberships. */
export async function leftovers(world: World) {
  await world.work();
  world.time.offsetMs = 3 * 3_600_000;
  for (const file of await world.files.listDue(world.clock.now(), { limit: 100 })) await sweepOne(world, file);
  for (const marker of await world.files.listDueIncoming(world.clock.now(), 100)) await sweepIncoming(world, marker);
  const items = (await world.items()).map(({ pk, sk }) => `${pk} ${sk}`);
  return { objects: await world.objectKeys(), items: items.filter((item) => !item.includes(' MEMBER#')) };
}

export { refusalOf } from '#test/support/refusals.ts';
