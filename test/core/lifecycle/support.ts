import { claimFiles } from '#core/extensions/claims/claim.ts';
import type { ClaimTarget } from '#core/extensions/claims/claim-record.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { countersOf, type ExtensionFile, objectOf } from '#core/files/record.ts';
import { applyLifecycleEvent, type LifecycleEvent } from '#core/lifecycle/events.ts';
import { stagedFile } from '#test/support/records.ts';
import type { World } from '#test/support/world.ts';

const settings = { ...defaultSettings, enabled: true };
export const bytes = Buffer.alloc(10);
export const template = { type: 'template', id: 'template' } as const;

type Told<E> = E extends LifecycleEvent ? Omit<E, 'eventId'> : never;

/** What tests of lifecycle events do again and again, in one world. */
export function createActs(world: World) {
  let lastEvent = 0;

  async function reserved(file: ExtensionFile): Promise<ExtensionFile> {
    await world.files.reserve(
      file,
      countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 })),
    );
    return file;
  }

  async function stored(file: ExtensionFile): Promise<ExtensionFile> {
    await reserved(file);
    await world.objects.put(objectOf(file), bytes, { contentType: 'image/webp' });
    const ready = await world.files.markReady(file, new Date());
    if (ready === undefined) throw new Error('not ready');
    return ready;
  }

  const claim = async (target: ClaimTarget, ...files: ExtensionFile[]) =>
    await claimFiles(
      world,
      {
        appId: 'app',
        userId: 'user',
        target,
        config: files.map(({ id }) => ({ provider: 'chastify_storage', fileId: id })),
      },
      async () => settings,
    );

  return {
    reserved,
    stored,
    claim,
    async held(target: ClaimTarget): Promise<ExtensionFile> {
      const file = await stored(stagedFile());
      await claim(target, file);
      return file;
    },
    async tell(event: Told<LifecycleEvent>): Promise<void> {
      lastEvent += 1;
      await applyLifecycleEvent(world, { eventId: `event-${lastEvent}`, ...event });
    },
    exists: async ({ id }: { id: string }): Promise<boolean> => (await world.files.get(id)) !== undefined,
    async forget(): Promise<void> {
      await world.reset();
    },
  };
}

export type Acts = ReturnType<typeof createActs>;
