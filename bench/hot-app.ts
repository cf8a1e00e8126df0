import { openTable } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { readSlices, sumOf } from '#adapters/dynamo/slices.ts';
import { createStateStore } from '#adapters/dynamo/state-store.ts';
import type { StateStore } from '#core/extensions/session-state.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { sliceCount } from '#core/files/slices.ts';
import type { FileStore } from '#core/files/store.ts';
import { createTableInput } from '#lib/table-schema.ts';
import { startDynamo } from '#local/dynamo/server.ts';
import { sessionFile, uploadFile } from '#test/support/records.ts';
import { createVirtualTime } from './support/virtual-time.ts';

/**
 * How many uploads a second one app can reserve, when DynamoDB holds an item for 10 ms for each transaction over it and
 * refuses everybody else meanwhile. Uploads of one app and 200 sessions are offered at random moments (a Poisson process)
 * at rates of 50 to 1000 a second; beside them the same into a single counter, as every app had it before slices, and the
 * floor: uploads that have nothing in common. The list of one owner of the uploads API counts its files for deep pages in
 * items that all its uploads share; the last rows show its ceiling.
 *
 * Time is virtual: it stands still while anything is computed and goes on when every reservation waits for a hold or for
 * its own pause. So a slow machine changes nothing, and network and computing cost nothing: of a reservation's time the
 * table shows what conflicts make of it. Everything else is the product's store over real sockets.
 * Run: `node bench/hot-app.ts [seconds of each rate]`.
 */
const seconds = Number(process.argv[2] ?? 2);
const holdMs = 10;
const sessions = 200;
const sizeBytes = 300_000;
/** Plenty, so that what is measured is conflicts; and with room for half of what comes. */
const roomy = 1e12;

type FileOf = (index: number) => Partial<ExtensionFile>;
const inSession = (session: number) => ({ sessionId: `session-${session}`, lockId: `lock-${session}` });
const oneApp: FileOf = (index) => inSession(index % sessions);
const oneCounter: FileOf = (index) => ({ ...oneApp(index), slice: 0 });
/** So many that no two are there at once. */
const floorApps = 200;
const nothingShared: FileOf = (index) => ({
  appId: `app-${index % floorApps}`,
  ...inSession(index),
  slice: index % sliceCount,
});

interface Outcome {
  kind: string;
  perSecond: number;
  offered: number;
  stored: number;
  failed: number;
  transactions: number;
  p50: number;
  p95: number;
}

/** What is offered: one reservation, or the whole of an upload into lists that are counted for deep pages. */
type Step = (stores: { files: FileStore; states: StateStore }, index: number) => Promise<boolean>;

const reserving =
  (fileOf: FileOf, limitBytes: number): Step =>
  async ({ files }, index) => {
    const file = sessionFile({ sizeBytes, ...fileOf(index) });
    const session = { kind: 'session' as const, appId: file.appId, sessionId: file.sessionId ?? '' };
    const limits = [
      { counter: session, limitBytes: roomy },
      { counter: { kind: 'app' as const, appId: file.appId }, limitBytes },
    ];
    return (await files.reserve(file, limits)).outcome === 'reserved';
  };

const listing: Step = async ({ files }) => {
  const file = uploadFile();
  await files.reserve(file, []);
  return (await files.markReady(file, new Date())) !== undefined;
};

/** A session's state is saved, which counts nothing. */
const saving: Step = async ({ states }, index) =>
  await states.put({ appId: 'app', sessionId: `session-${index % sessions}` }, { index }, new Date());

async function run(kind: string, perSecond: number, step: Step, apps: string[], limitBytes = roomy): Promise<Outcome> {
  const time = createVirtualTime();
  let transactions = 0;
  const dynamo = await startDynamo({
    load: { holdMs: [holdMs, holdMs], wait: time.wait },
    onRequest: ({ operation }) => {
      if (operation === 'TransactWriteItems') transactions += 1;
    },
  });
  await dynamo.createTable({ ...createTableInput('stowage') });
  const access = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const table = openTable('stowage', { endpoint: dynamo.endpoint, ...access, wait: time.wait });
  const files = createFileStore(table);
  const states = createStateStore(table);
  for (const appId of apps) await time.during(files.applyLimit({ counter: { kind: 'app', appId }, limitBytes }));
  transactions = 0;

  const took: number[] = [];
  const outcomes = { stored: 0, failed: 0 };
  const offered = await time.poisson(perSecond, seconds, async (index) => {
    const begun = time.now();
    const stored = await step({ files, states }, index).catch(() => undefined);
    took.push(time.now() - begun);
    if (stored === undefined) outcomes.failed += 1;
    if (stored) outcomes.stored += 1;
  });
  if (limitBytes !== roomy) {
    const { usedBytes } = sumOf(await readSlices(table, 'app'));
    if (usedBytes !== Math.floor(limitBytes / sizeBytes) * sizeBytes)
      throw new Error(`${usedBytes} of ${limitBytes} used`);
  }
  table.documents.destroy();
  await dynamo.close();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  return { kind, perSecond, offered, ...outcomes, transactions, p50: at(0.5), p95: at(0.95) };
}

const told = ({ kind, perSecond, offered, stored, failed, transactions, p50, p95 }: Outcome) => ({
  what: kind,
  'offered/s': perSecond,
  uploads: offered,
  stored,
  'no 503': `${(100 * (1 - failed / offered)).toFixed(2)} %`,
  'transactions each': (transactions / offered).toFixed(2),
  'p50 ms': p50.toFixed(0),
  'p95 ms': p95.toFixed(0),
});

const outcomes: Outcome[] = [];
const add = async (...given: Parameters<typeof run>) => outcomes.push(await run(...given));
const rates = [50, 100, 200, 500, 1000];
for (const rate of rates) await add('one app', rate, reserving(oneApp, roomy), ['app']);
for (const rate of rates.slice(0, 3)) await add('one app, one counter', rate, reserving(oneCounter, roomy), ['app']);
const apps = Array.from({ length: floorApps }, (_, index) => nothingShared(index).appId ?? '');
await add('nothing in common', 200, reserving(nothingShared, roomy), apps);
const half = 100 * seconds;
const room = half * sizeBytes + sizeBytes - 1;
await add(`room for exactly ${half}`, 200, reserving(oneApp, room), ['app'], room);
for (const rate of [80, 500]) await add('state saves of one app', rate, saving, []);
for (const rate of [10, 25, 50, 100]) await add('uploads of one owner', rate, listing, []);
// biome-ignore lint/suspicious/noConsole: what a bench is for
console.table(outcomes.map(told));
