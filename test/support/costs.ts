import { claimFiles } from '#core/extensions/claims/claim.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { isOf } from '#core/files/record.ts';
import { caller, directUploads, settings, setup } from './direct.ts';
import { jpegPhoto } from './images.ts';
import { type Units, unitCounter } from './units.ts';
import type { World } from './world.ts';

/** What the requests of an extension consume, one of each, by name; on a table that has seen the app before. */
export async function costsOf(world: World): Promise<Record<string, Units>> {
  const consumed = unitCounter(world);
  const direct = directUploads(world);
  const bytes = new Uint8Array(await jpegPhoto());
  const inSession = { target: { kind: 'session', ...caller } as const, bytes, originalName: 'photo.jpg' };
  const inSetup = { target: setup, bytes, originalName: 'photo.jpg' };
  const store = (upload: typeof inSession | typeof inSetup) => storeImage(world, upload, settings);
  const claim = async (fileId: string) => {
    const target = { type: 'lock', id: 'lock' } as const;
    const config = { image: { provider: 'chastify_storage', fileId } };
    await claimFiles(world, { appId: 'app', userId: 'user', target, config }, async () => settings);
  };
  const remove = async (id: string) => {
    const file = await world.files.get(id);
    if (!isOf('extension', file)) throw new Error('gone');
    await direct.remove(file);
  };

  // Slices of the app's counter and the holder are written once.
  const [kept, gone] = [await store(inSession), await store(inSession)];
  const [saved] = [await store(inSetup)];
  await claim((await store(inSetup)).id);
  await world.settleIndexes();
  const costs: Record<string, Units> = {};
  const take = async (name: string, work: () => Promise<unknown>) => {
    costs[name] = await consumed(work);
  };
  await take('form upload into a session', () => store(inSession));
  await take('form upload that is staged', () => store(inSetup));
  const offer = await direct.presign({ sizeBytes: bytes.byteLength });
  await take('presign of a direct upload', () => direct.presign({ sizeBytes: bytes.byteLength }));
  const uploaded = await direct.uploaded(bytes);
  await take('completion of a direct upload', () => direct.complete(uploaded.uploadId));
  await take('claim of a staged file', () => claim(saved.id));
  await take('read of a file', () => world.files.get(kept.id));
  await take('list of a session', () => world.files.listBySession(caller, { limit: 50 }));
  await take('deletion', () => remove(gone.id));
  await take('its clean-up', () => world.work());
  await direct.complete(offer.uploadId).catch(() => undefined);
  return costs;
}
