/**
 * Random histories of the uploads API: files are stored, deleted, restored, judged and swept, two things at a time, while
 * time passes and calls to R2 or the table are lost. Whatever happened, the lists are the records, nothing unjudged or
 * harmful is public, every object is one that a record names, listeners heard what is so, and in the end nothing is left.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '#core/files/errors.ts';
import { type FileRecord, isVisible, type UploadFile } from '#core/files/record.ts';
import { applyVerdict, findScannable } from '#core/files/scan.ts';
import { sweepOne } from '#core/files/sweep.ts';
import { objectsOf } from '#core/files/variants.ts';
import { deleteUpload, listUploads, restoreUpload } from '#core/uploads/own-uploads.ts';
import { defaultUploadSettings as settings } from '#core/uploads/settings.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { startWorld, type World } from '#test/support/world.ts';
import { endOnFailure, modelRuns, seed } from './runs.ts';
import { brokenEvents } from './told.ts';

const minutes = 60_000;
const userId = 'user';

type Step =
  | { kind: 'store'; visibility: 'public' | 'private'; scanned: boolean; onTimeout: 'release' | 'reject' }
  | { kind: 'delete' | 'restore' | 'clean' | 'infected' | 'sweep'; pick: number };
interface Round {
  waitMs: number;
  steps: Step[];
  /** Which call is lost on its way there or back. */
  lost: { on: 'r2' | 'dynamo'; call: number; after: boolean } | undefined;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('store' as const),
    visibility: fc.constantFrom('public' as const, 'private' as const),
    scanned: fc.boolean(),
    onTimeout: fc.constantFrom('release' as const, 'reject' as const),
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete', 'delete', 'restore', 'restore', 'clean', 'clean', 'infected', 'sweep' as const),
      pick: fc.nat(3),
    }) as fc.Arbitrary<Step>,
  },
);
const round: fc.Arbitrary<Round> = fc.record({
  waitMs: fc.constantFrom(0, 0, 0, 16 * minutes, 61 * minutes, settings.graceSeconds * 1000 + minutes),
  steps: fc.array(step, { minLength: 1, maxLength: 3 }),
  lost: fc.option(
    fc.record({ on: fc.constantFrom('r2' as const, 'dynamo' as const), call: fc.nat(4), after: fc.boolean() }),
  ),
}) as fc.Arbitrary<Round>;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const records = async () =>
  (await world.items()).filter(({ sk }) => sk === 'FILE') as unknown as (FileRecord & UploadFile)[];

async function take(given: Step, known: string[]): Promise<void> {
  const scans = { queue: { send: async () => undefined }, log: () => undefined };
  if (given.kind === 'store') {
    const { visibility, scanned, onTimeout } = given;
    const scan = scanned ? { timeoutMs: 60 * minutes, onTimeout } : undefined;
    const upload = { userId, visibility, originalName: 'a.txt', declaredType: 'text/plain', scan };
    known.push((await storeUpload({ ...world, scans }, { ...upload, bytes: Buffer.from('x') }, settings)).id);
    return;
  }
  const fileId = known[given.pick % Math.max(1, known.length)] ?? '0'.repeat(24);
  switch (given.kind) {
    case 'delete':
      await deleteUpload(world, { userId, fileId }, settings);
      return;
    case 'restore':
      await restoreUpload(world, { userId, fileId });
      return;
    case 'sweep': {
      const file = await world.files.get(fileId);
      if (file !== undefined) await sweepOne({ ...world, scans: scans.queue }, file);
      return;
    }
    default: {
      const { etag } = (await findScannable(world, fileId)).head;
      await applyVerdict(world, fileId, { verdict: given.kind, engine: 'model', etag });
    }
  }
}

/** What holds at every moment between two rounds, whatever was lost. */
async function hold(infected: Set<string>): Promise<void> {
  const files = await records();
  await world.settleIndexes();
  expect(brokenEvents(await world.heard(), files)).toEqual([]);
  const listed = (deleted: boolean) => listUploads(world, userId, { page: 1, limit: 100, deleted });
  const [live, gone] = [await listed(false), await listed(true)];
  const ready = files.filter(({ state }) => state === 'ready');
  const of = (deleted: boolean) => ready.filter(({ deletedAt }) => (deletedAt !== undefined) === deleted);
  const ids = (some: { id: string }[]) => some.map(({ id }) => id).sort();
  expect(ids(live.items)).toEqual(ids(of(false)));
  expect(live.count).toBe(of(false).length);
  expect(ids(gone.items)).toEqual(ids(of(true).filter((file) => isVisible(file, world.clock.now()))));
  expect(gone.count).toBe(of(true).length);
  const named = new Set(files.flatMap((file) => objectsOf(file).map(({ bucket, key }) => `${bucket} ${key}`)));
  const there = [
    ...(await world.objectKeys()).map((key) => `default ${key}`),
    ...(await world.objectKeys('public')).map((key) => `public ${key}`),
  ];
  for (const object of there) expect(named).toContain(object);
  for (const file of ready) {
    expect(there).toContain(`${file.bucket} ${file.key}`);
    expect(infected).not.toContain(file.id);
  }
}

it('histories of uploads keep the rules, and end with nothing', {
  timeout: Math.max(300_000, modelRuns * 2_000),
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 7 }), async (rounds) => {
      await world.reset();
      const known: string[] = [];
      const infected = new Set<string>();
      for (const { waitMs, steps, lost } of rounds) {
        world.time.offsetMs += waitMs;
        let calls = 0;
        const isLost = () => lost !== undefined && calls++ === lost.call;
        world.faults.r2 = ({ operation }) =>
          lost?.on === 'r2' && !/List/.test(operation) && isLost() ? { status: 400, code: 'Lost' } : undefined;
        world.faults.dynamo = () =>
          lost?.on === 'dynamo' && isLost() ? (lost.after ? { afterEffect: 'reset' } : { type: 'Lost' }) : undefined;
        const outcomes = await Promise.allSettled(steps.map((each) => take(each, known)));
        world.faults.r2 = undefined;
        world.faults.dynamo = undefined;
        for (const [index, outcome] of outcomes.entries()) {
          const given = steps[index];
          if (outcome.status === 'rejected') {
            // A refusal is an answer; anything else is a lost call that nobody caught.
            if (!(outcome.reason instanceof AppError) && lost === undefined) throw outcome.reason;
          } else if (given?.kind === 'infected') {
            const fileId = known[given.pick % Math.max(1, known.length)];
            if (steps.length === 1 && fileId !== undefined) infected.add(fileId);
          }
        }
        await hold(infected);
      }
      for (const { id } of await records()) {
        await deleteUpload(world, { userId, fileId: id }, settings).catch(() => undefined);
      }
      for (let pass = 0; pass < 3; pass += 1) {
        world.time.offsetMs += 8 * 86_400_000;
        for (const file of await records()) await sweepOne(world, file);
      }
      expect(await world.items()).toEqual([]);
      expect([...(await world.objectKeys()), ...(await world.objectKeys('public'))]).toEqual([]);
    }),
    { numRuns: modelRuns, seed, endOnFailure },
  );
});
