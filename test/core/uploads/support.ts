import { afterAll, afterEach, beforeAll } from 'vitest';
import { AppError } from '#core/errors.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { emptyTable } from '#test/support/tables.ts';
import { startWorld, type World } from '#test/support/world.ts';

export const settings = defaultUploadSettings;

/** One world a test file, clean after each test. */
export function uploadsWorld(): () => World {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    world.faults.dynamo = undefined;
    world.faults.r2 = undefined;
    world.faults.queue = undefined;
    world.time.offsetMs = 0;
    world.messages.length = 0;
    for (const key of await world.objectKeys()) await world.objects.delete({ bucket: 'default', key });
    for (const key of await world.objectKeys('public')) await world.objects.delete({ bucket: 'public', key });
    await emptyTable(world.table);
  });
  afterAll(() => world.close());
  return () => world;
}

export async function refusalOf(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error('expected a refusal', { cause: error });
}

/** Everything stored anywhere, for the tests that say nothing may be. */
export async function leftovers(world: World): Promise<unknown[]> {
  const [items, files, open] = await Promise.all([world.items(), world.objectKeys(), world.objectKeys('public')]);
  return [...items, ...files, ...open];
}
