import { afterAll, afterEach, beforeAll } from 'vitest';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { startWorld, type World } from '#test/support/world.ts';

export const settings = defaultUploadSettings;

/** One world a test file, clean after each test. */
export function uploadsWorld(): () => World {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    await world.reset();
  });
  afterAll(() => world.close());
  return () => world;
}

/** Everything stored anywhere, for the tests that say nothing may be. */
export async function leftovers(world: World): Promise<unknown[]> {
  const [items, files, open] = await Promise.all([world.items(), world.objectKeys(), world.objectKeys('public')]);
  return [...items, ...files, ...open];
}
