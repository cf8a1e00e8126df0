import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { type ExtensionFile, objectOf } from '#core/files/record.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import type { ReconcileDeps, ReconcileOptions } from '#core/reconcile/run.ts';
import { sessionFile } from '#test/support/records.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** A run over a world's table and bucket, without the days of grace unless a test is about them. */
export function reconciler(world: World) {
  return (options: Partial<ReconcileOptions> = {}, deps: Partial<ReconcileDeps> = {}): Promise<ReconcileReport> =>
    reconcile(
      {
        ...world,
        store: createReconcileStore(world.table),
        lister: createObjectLister(world.r2Config),
        buckets: ['default'],
        graceMs: 0,
        log: () => {},
        ...deps,
      },
      { dryRun: false, budgetMs: 60_000, everyObject: true, ...options },
    );
}

/** Findings by kind, without those there are none of. */
export function countsOf(report: ReconcileReport): Record<string, number> {
  const found = Object.entries(report).flatMap(([kind, value]) => {
    if (Array.isArray(value)) return value.length > 0 ? [[kind, value.length]] : [];
    return typeof value === 'object' && 'count' in value && value.count > 0 ? [[kind, value.count]] : [];
  });
  return Object.fromEntries(found);
}

/** A file of a session with its record, counted for its app, and its bytes. */
export async function storedFile(world: World, given: Partial<ExtensionFile> = {}): Promise<ExtensionFile> {
  const file = sessionFile(given);
  const limits = [{ counter: { kind: 'app', appId: file.appId } as const, limitBytes: 1_000_000 }];
  await world.files.reserve(file, limits);
  await world.objects.put(objectOf(file), Buffer.from('x'), { contentType: 'text/plain' });
  return (await world.files.markReady(file, world.clock.now())) ?? file;
}

/** A world of its own for a test file, with nothing in it and its bucket bound before each test. */
export function boundWorld(): () => World {
  let started: World | undefined;
  const world = () => {
    if (started === undefined) throw new Error('The world is not there before the first test');
    return started;
  };
  beforeAll(async () => {
    started = await startWorld();
  });
  beforeEach(async () => {
    world().time.offsetMs = 0;
    await reconciler(world())();
  });
  afterEach(() => world().reset());
  afterAll(() => world().close());
  return world;
}
