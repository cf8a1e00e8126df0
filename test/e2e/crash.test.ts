import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DevFile } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { laggingIndexes, loadVariablesOf, underLoad } from '#test/support/load.ts';
import { brokenTotals, readAll } from './crash-support.ts';
import { openTable } from './faults-support.ts';
import { asUser, connect, pathsOf, type Stowage, stage, type TestApp, upload } from './support.ts';

const dir = mkdtempSync(join(tmpdir(), 'stowage-crash-'));
const loadMs = 4000;
/** How often it is killed, each time in the middle of other work. */
const kills = 2;

let photo: Buffer;
let child: ChildProcess | undefined;
beforeAll(async () => {
  photo = await jpegPhoto({ width: 64, height: 48 });
});
afterAll(async () => {
  await endGroup();
  rmSync(dir, { recursive: true, force: true });
});

/** npm, the cloud and every function it runs, as when the machine's power goes. */
function signalGroup(signal: NodeJS.Signals | 0): boolean {
  try {
    return child?.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    // Nothing of it runs any more.
    return false;
  }
}

async function endGroup(): Promise<void> {
  signalGroup('SIGKILL');
  // A killed process holds its folder for as long as the kernel takes to end it.
  while (signalGroup(0)) await sleep(20);
}

async function start(): Promise<Stowage> {
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    PORT: '0',
    STOWAGE_LOCAL_DIR: dir,
    ...loadVariablesOf({ ...underLoad, ...laggingIndexes }),
  };
  const cwd = join(import.meta.dirname, '../..');
  child = spawn('npm', ['start'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let ready = false;
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    ready = line.startsWith('ready ');
    if (ready) break;
  }
  expect(ready, 'npm start ended without getting ready').toBe(true);
  return connect(JSON.parse(readFileSync(join(dir, 'dev.json'), 'utf8')) as DevFile);
}

/** What was answered before the kill: it must be true after it. */
interface Told {
  /** Uploaded or claimed, and nothing since said otherwise. */
  there: Map<string, 'staged' | 'session' | 'claimed'>;
  gone: Set<string>;
  /** Asked for when the lights went out: either way is right. */
  unsure: Set<string>;
}

/** Uploads, claims, takes back and deletes until the cloud is gone, one thing after the other. */
async function loadWith(stowage: Stowage, app: TestApp, told: Told, lane: number): Promise<void> {
  const platform = { token: stowage.dev.platformToken };
  for (let turn = 0; ; turn += 1) {
    const draft = `draft-${lane}-${turn}`;
    const first = idOf(await stage(stowage, app, { bytes: photo }, { draftId: draft }));
    const second = idOf(await stage(stowage, app, { bytes: photo }, { draftId: draft }));
    const uploaded = idOf(await upload(stowage, app, { bytes: photo }));
    for (const id of [first, second]) told.there.set(id, 'staged');
    told.there.set(uploaded, 'session');

    for (const id of [first, second]) told.unsure.add(id);
    const config = { storageDraftId: draft, image: { provider: 'chastify_storage', fileId: first } };
    const target = { type: 'lock', id: `lock-${lane}-${turn}` };
    const json = { userId: app.userId, target, config };
    const claim = await stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { ...platform, json });
    told.there.set(first, 'claimed');
    told.there.delete(second);
    told.gone.add(second);
    for (const id of [first, second]) told.unsure.delete(id);

    if (turn % 3 === 0) {
      told.unsure.add(first);
      const { claimId } = claim as { claimId: string };
      await stowage.ok('DELETE', `/platform/extensions/claims/${claimId}`, platform);
      told.there.set(first, 'staged');
      await stowage.ok('DELETE', `${app.setup}/staged/${first}`, asUser(app));
      told.there.delete(first);
      told.gone.add(first);
      told.unsure.delete(first);
    }
    if (turn % 4 === 1) {
      told.unsure.add(first);
      const event = { eventId: draft, type: 'lock.deleted', lockId: target.id };
      await stowage.ok('POST', '/platform/lifecycle-events', { ...platform, json: event });
      told.there.delete(first);
      told.gone.add(first);
      told.unsure.delete(first);
    }
    told.unsure.add(uploaded);
    const backend = { token: app.key, headers: { 'x-chastify-main-token': app.sessionToken } };
    await stowage.ok('DELETE', `${app.files}/${uploaded}`, backend);
    told.there.delete(uploaded);
    told.gone.add(uploaded);
    told.unsure.delete(uploaded);
  }
}

const idOf = ({ status, body }: { status: number; body: unknown }): string => {
  expect(status).toBe(201);
  return (body as { file: { id: string } }).file.id;
};

/** A load that ended because the cloud is gone, and for no other reason. */
async function untilKilled(load: Promise<void>): Promise<void> {
  const error = await load.catch((reason: unknown) => reason);
  if (error instanceof TypeError) return;
  throw error;
}

it('killed under load, again and again, it starts with everything it said still true, and nothing else left', {
  timeout: 300_000,
}, async () => {
  const told: Told = { there: new Map(), gone: new Set(), unsure: new Set() };
  let stowage = await start();
  const settings = { maxStagedBytesPerUserPerApp: 100_000_000 };
  let app = await stowage.app(settings);
  let done = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const lanes = [0, 1, 2].map((lane) => untilKilled(loadWith(stowage, app, told, kill * 10 + lane)));
    await sleep(loadMs + kill * 333);
    // A slow machine is still starting functions by then, and there would be little to lose.
    await expect.poll(() => told.gone.size, { timeout: 120_000 }).toBeGreaterThan(done);
    await endGroup();
    await Promise.all(lanes);
    done = told.gone.size;

    stowage = await start();
    // The tokens' key and the developer key outlive the restart; only the addresses may differ.
    app = { ...app, ...pathsOf(app) };
    const before = await readAll(stowage.dev);
    expect(brokenTotals(before)).toEqual([]);
    // A quarter of an hour goes by for what was interrupted.
    const table = openTable({ dev: stowage.dev });
    for (const item of await table.files()) if (item.state !== 'ready') await table.makeDue(item);
    const report = await stowage.drain();
    expect(report).toMatchObject({ finished: true, left: {}, failed: {} });

    const after = await readAll(stowage.dev);
    expect(brokenTotals(after)).toEqual([]);
    expect(after.files.filter(({ state }) => state !== 'ready')).toEqual([]);
    expect([...after.objects.keys()].sort()).toEqual(after.files.map(({ key }) => key).sort());
    table.close();
    for (const [id, how] of told.there) {
      if (told.unsure.has(id)) continue;
      const file = after.files.find((each) => each.id === id);
      expect({ id, how, state: file?.state, staged: file?.staged }).toEqual({
        id,
        how,
        state: 'ready',
        staged: how === 'staged',
      });
    }
    const back = after.files.filter(({ id }) => told.gone.has(id));
    expect(back).toEqual([]);
    for (const id of told.unsure) told.there.delete(id);
    told.unsure.clear();

    const dry = await stowage.ok('POST', '/admin/reconcile', { token: stowage.dev.adminToken, json: { dryRun: true } });
    expect(dry).toMatchObject({ complete: true, counterDrift: [], repaired: 0 });
    for (const finding of Object.values(dry as Record<string, unknown>)) {
      if (typeof finding === 'object' && finding !== null && 'examples' in finding)
        expect(finding.examples).toEqual([]);
    }
  }
});
