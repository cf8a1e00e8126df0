import { afterEach, describe, expect } from 'vitest';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import type { CleanupMessage } from '#core/files/cleanup-queue.ts';
import { objectOf } from '#core/files/record.ts';
import { handleCleanup } from '#core/lifecycle/handle-cleanup.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { type Acts, bytes, createActs } from './support.ts';

const it = worldTest;

let acts: Acts;
it.beforeAll(async () => {
  acts = createActs(world);
});
afterEach(() => acts.forget());

describe("a scope's clean-up", () => {
  it('goes page by page: each message does no more for a long scope than for a short one', async () => {
    for (let index = 0; index < 40; index += 1) await acts.stored(sessionFile());
    await acts.tell({ type: 'session.deleted', sessionId: 'session' });
    const deleted: number[] = [];
    for (let message = world.messages.shift(); message; message = world.messages.shift()) {
      world.calls.length = 0;
      await handleCleanup(world, message);
      deleted.push(world.calls.filter((call) => call === 'r2 DeleteObject').length);
      expect(world.calls.filter((call) => call === 'dynamo TransactWriteItems').length).toBeLessThanOrEqual(1);
      expect(world.messages.length).toBeLessThanOrEqual(1);
    }
    expect(deleted).toEqual([16, 16, 8, 0]);
    expect(await world.objectKeys()).toEqual([]);
  });

  /** Runs `meanwhile` once, between a page's listing and its release. */
  function betweenListAndRelease(meanwhile: () => Promise<unknown>) {
    let listed = false;
    world.faults.dynamo = async ({ operation }) => {
      if (operation === 'Query') listed = true;
      if (!listed || operation !== 'TransactWriteItems') return undefined;
      world.faults.dynamo = undefined;
      await meanwhile();
      return undefined;
    };
  }

  it('takes a file that changed hands while it was listed, in whichever pass', async () => {
    const file = await acts.stored(stagedFile());
    await acts.tell({ type: 'app.deleted', appId: 'app' });
    betweenListAndRelease(() => acts.claim({ type: 'lock', id: 'another' }, file));
    await handleCleanup(world, world.messages.shift() as CleanupMessage);
    expect(await acts.exists(file)).toBe(false);
    expect(await world.objectKeys()).toEqual([]);
  });

  it('leaves a file that is no longer of its scope', async () => {
    const file = await acts.stored(stagedFile());
    const { claimId } = await acts.claim({ type: 'lock', id: 'lock' }, file);
    await acts.tell({ type: 'lock.deleted', lockId: 'lock' });
    betweenListAndRelease(() => rollBackClaim(world, claimId));
    await world.work();
    expect(await world.files.get(file.id)).toMatchObject({ state: 'ready', staged: true });
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('keeps the record of an upload whose bytes may still come, so that a killed one leaves no object behind', async () => {
    const uploading = await acts.reserved(sessionFile());
    await acts.tell({ type: 'session.deleted', sessionId: 'session' });
    await handleCleanup(world, world.messages.shift() as CleanupMessage);
    expect(await world.files.usage({ kind: 'session', appId: 'app', sessionId: 'session' })).toEqual({
      usedBytes: 0,
      fileCount: 0,
    });
    await world.objects.put(objectOf(uploading), bytes, { contentType: 'image/webp' });
    expect(await acts.exists(uploading)).toBe(true);
    await world.work();
    expect(await acts.exists(uploading)).toBe(false);
    expect(await world.objectKeys()).toEqual([]);
  });

  it('whose page fails half-way leaves nothing behind once it came again', async () => {
    const files = await Promise.all(Array.from({ length: 5 }, () => acts.stored(sessionFile())));
    await acts.tell({ type: 'session.deleted', sessionId: 'session' });
    let deletions = 0;
    world.faults.r2 = ({ operation }) => {
      if (operation !== 'DeleteObject') return undefined;
      deletions += 1;
      return deletions % 2 === 0 ? { status: 403, code: 'AccessDenied' } : undefined;
    };
    const message = world.messages.shift() as CleanupMessage;
    await expect(handleCleanup(world, message)).rejects.toThrow();
    world.faults.r2 = undefined;
    // What is released is in no list: the schedule's list has it.
    await handleCleanup(world, message);
    const due = await world.files.listDue(new Date(Date.now() + 3_600_000), { limit: 10 });
    expect(due.length).toBe((await world.objectKeys()).length);
    for (const { id } of due) await handleCleanup(world, { type: 'file.delete', fileId: id });
    expect(await Promise.all(files.map(acts.exists))).toEqual(files.map(() => false));
    expect(await world.objectKeys()).toEqual([]);
  });

  it('of files with as many counters, alarms and markers as there can be fits one transaction', async () => {
    const now = Date.now();
    for (let index = 0; index < 16; index += 1) {
      const incoming = { key: `incoming/${index}`, mimeType: 'image/png', sizeBytes: 10, urlExpiresAt: now + 60_000 };
      await acts.reserved(stagedFile({ userId: `user-${index}`, incoming, dueAt: now + 900_000 }));
    }
    await acts.tell({ type: 'app.deleted', appId: 'app' });
    world.calls.length = 0;
    await handleCleanup(world, world.messages.shift() as CleanupMessage);
    expect(world.calls.filter((call) => call === 'dynamo TransactWriteItems')).toHaveLength(1);
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: 0, fileCount: 0 });
  });
});
