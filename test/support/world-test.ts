import { test as base } from 'vitest';
import type { LoadOptions } from '#local/dynamo/server.ts';
import { startWorld, type World } from './world.ts';

/** The world of the test file that runs, from its first hook to its last test. */
export let world: World;

/** Tests with a world. `worldTest.override('load', …)` gives a file's table a load. */
export const worldTest = base
  .extend('load', { scope: 'file' }, undefined as LoadOptions | undefined)
  .extend('world', { scope: 'file', auto: true }, async ({ load }, { onCleanup }) => {
    world = await startWorld({ load });
    onCleanup(() => world.close());
    return world;
  });
