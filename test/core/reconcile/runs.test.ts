import { describe, expect, it } from 'vitest';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { objectOf } from '#core/files/record.ts';
import type { ReconcileDeps } from '#core/reconcile/run.ts';
import type { ReconcileStore } from '#core/reconcile/stores.ts';
import { sessionFile } from '#test/support/records.ts';
import { boundWorld, reconciler, storedFile } from './support.ts';

const hour = 3_600_000;
const world = boundWorld();

const run: ReturnType<typeof reconciler> = (...given) => reconciler(world())(...given);
const stored = () => storedFile(world());

const put = (key: string) =>
  world().objects.put({ bucket: 'default', key }, Buffer.from('x'), { contentType: 'text/plain' });

describe('runs', () => {
  it('work one at a time: another is told to wait, dry ones excepted', async () => {
    const store = createReconcileStore(world().table);
    let inside: Promise<unknown> | undefined;
    const slow: ReconcileStore = {
      ...store,
      async scan(cursor) {
        inside ??= run().catch((error: unknown) => error);
        expect(await inside).toMatchObject({ code: 'reconcile_running', retryAfterSeconds: 30 });
        expect(await run({ dryRun: true })).toMatchObject({ complete: true });
        return await store.scan(cursor);
      },
    };
    expect(await run({}, { store: slow })).toMatchObject({ complete: true });
    expect(await run()).toMatchObject({ complete: true });
  });

  it('one that was frozen and lost its turn touches nothing more', async () => {
    await run();
    const file = sessionFile();
    await put(file.key);
    world().time.offsetMs = 3 * 3_600_000;
    const store = createReconcileStore(world().table);
    const frozen: ReconcileStore = {
      ...store,
      async suspects(list, after) {
        const page = await store.suspects(list, after);
        if (page.suspects.length > 0 && world().time.offsetMs < 4 * 3_600_000) {
          world().time.offsetMs = 4 * 3_600_000;
          await store.acquire('another', world().clock.now().getTime(), world().clock.now().getTime() + 60_000);
        }
        return page;
      },
    };
    await expect(run({}, { store: frozen })).rejects.toMatchObject({ code: 'reconcile_running' });
    expect(await world().objectKeys()).toEqual([file.key]);
  });
});

describe('the scheduled run', () => {
  const scheduled = { everyObject: false, resume: true };

  it('goes on where the one before stopped, page by page, with what is due first, and asks only for what is new', async () => {
    const [first] = [await stored(), await stored(), await stored()];
    const lister = createObjectLister(world().r2Config);
    const pages: (string | undefined)[] = [];
    // One page a run.
    const slow: Partial<ReconcileDeps> = {
      lister: {
        ...lister,
        async list(bucket, options) {
          if (options.prefix !== undefined) return await lister.list(bucket, options);
          pages.push(options.after);
          const page = await lister.list(bucket, { ...options, limit: 1 });
          world().time.offsetMs += hour;
          return page;
        },
      },
    };
    const seen: number[] = [];
    for (let runs = 0; runs < 10; runs += 1) {
      const due = sessionFile({ dueAt: world().clock.now().getTime() - 1 });
      await world().files.reserve(due, []);
      const report = await run({ ...scheduled, budgetMs: 60_000 }, slow);
      expect(report.stuckPending.count).toBe(1);
      expect(await world().files.get(due.id)).toBeUndefined();
      seen.push(report.checked.records);
      if (report.complete) break;
    }
    expect(pages).toHaveLength(3);
    expect(new Set(pages).size).toBe(3);
    expect(seen[0]).toBe(3);
    expect(seen.slice(1).every((records) => records === 0)).toBe(true);

    // A new pass: the objects of old records are known to be there.
    world().time.offsetMs += 3 * hour;
    expect(await run(scheduled)).toMatchObject({ complete: true });
    world().calls.length = 0;
    expect(await run(scheduled)).toMatchObject({ complete: true, checked: { records: 3 } });
    expect(world().calls.filter((call) => call === 'r2 HeadObject')).toEqual([]);
    if (first !== undefined) await world().objects.delete(objectOf(first));
    expect(await run(scheduled)).toMatchObject({ recordsWithoutObject: { count: 0 } });
    expect(await run()).toMatchObject({ recordsWithoutObject: { count: 1 } });
  });

  it('that is killed costs its last page', async () => {
    await stored();
    const lister = createObjectLister(world().r2Config);
    const broken: Partial<ReconcileDeps> = {
      lister: {
        ...lister,
        async list(bucket, options) {
          if (options.prefix === undefined) throw new Error('killed');
          return await lister.list(bucket, options);
        },
      },
    };
    await expect(run(scheduled, broken)).rejects.toThrow('killed');
    expect(await run(scheduled)).toMatchObject({ complete: true, checked: { records: 0, objects: 1 } });
  });

  it('looks at everything again only when it is time, and at what is overdue each time', async () => {
    await stored();
    const sixHours = { ...scheduled, passEveryMs: 5.5 * hour };
    expect(await run(sixHours)).toMatchObject({ complete: true, checked: { records: 1 } });
    world().time.offsetMs += 5 * hour;
    const due = sessionFile({ dueAt: world().clock.now().getTime() - 1 });
    await world().files.reserve(due, []);
    world().calls.length = 0;
    expect(await run(sixHours)).toMatchObject({ complete: true, stuckPending: { count: 1 }, checked: { records: 0 } });
    expect(world().calls.filter((call) => call.endsWith(' Scan'))).toEqual([]);
    world().time.offsetMs += hour;
    expect(await run(sixHours)).toMatchObject({ complete: true, checked: { records: 1 } });
    expect(world().calls.filter((call) => call.endsWith(' Scan'))).not.toEqual([]);
  });
});
