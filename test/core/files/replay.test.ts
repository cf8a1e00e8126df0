import { afterEach, describe, expect } from 'vitest';
import { defaultSettings } from '#core/extensions/settings.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { worldTest as it, world } from '#test/support/world-test.ts';

const settings = { ...defaultSettings, enabled: true };
const photo = await jpegPhoto();
const app = { kind: 'app', appId: 'app' } as const;
const idempotency = { id: 'key', contentHash: 'hash' };
const upload = (given: Partial<Parameters<typeof storeImage>[0]> = {}) =>
  storeImage(
    { ...world, ...given },
    {
      target: { kind: 'session', appId: 'app', userId: 'user', sessionId: 'session', lockId: 'lock' },
      originalName: 'p.jpg',
      bytes: photo,
      idempotency,
    },
    settings,
  );

/** The process dies once its record is reserved: neither its object nor its error handling comes. */
async function uploadKilled(): Promise<void> {
  const never = new Promise<never>(() => {});
  const reserved = Promise.withResolvers<void>();
  const objects = {
    ...world.objects,
    put: () => {
      reserved.resolve();
      return never;
    },
  };
  void upload({ objects });
  await reserved.promise;
}

afterEach(() => world.reset());

describe('the Idempotency-Key of an upload that was killed', () => {
  it('says when it is free while its function may still be running', async () => {
    await uploadKilled();
    world.time.offsetMs = 29_000;
    const freeAt = /free at (\S+Z)\./;
    const error = await upload().catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: 'request_in_progress', message: expect.stringMatching(freeAt) });
    const at = Date.parse(freeAt.exec((error as Error).message)?.[1] ?? '');
    expect(at - world.clock.now().getTime()).toBeLessThan(7000);
    expect(at).toBeGreaterThan(world.clock.now().getTime());
  });

  it('is free when none can be, and what it held is given back', async () => {
    await uploadKilled();
    world.time.offsetMs = 36_000;
    const file = await upload();
    expect(file.state).toBe('ready');
    expect(await world.files.usage(app)).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
    expect((await upload()).id).toBe(file.id);
    await world.work();
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('goes on without waiting for the schedule where room is short, too', async () => {
    await uploadKilled();
    const { usedBytes } = await world.files.usage(app);
    world.time.offsetMs = 36_000;
    const tight = { ...settings, maxBytesPerApp: usedBytes };
    const target = { kind: 'setup', appId: 'app', userId: 'user' } as const;
    const stored = await storeImage(world, { target, originalName: 'p.jpg', bytes: photo }, tight);
    expect(stored.state).toBe('ready');
  });
});
