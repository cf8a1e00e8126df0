import { describe, expect, test } from 'vitest';
import { eventOf } from '#core/events/of-change.ts';
import { boundTo, withoutClaim } from '#core/extensions/claims/claim-record.ts';
import type { ExtensionFile, FileRecord, OrganizationFile, UploadFile } from '#core/files/record.ts';
import { pendingFile, sessionFile, stagedFile, uploadFile } from '#test/support/records.ts';

const source = 'stowage.test';
const at = '2026-05-01T10:00:00.000Z';

/** The record one write later. */
const then = <F extends FileRecord>(file: F, change: Partial<F>): F => ({
  ...file,
  rev: file.rev + 1,
  updatedAt: at,
  ...change,
});
const ready = <F extends FileRecord>(file: F): F => then(file, { state: 'ready' } as Partial<F>);
const told = (from: FileRecord | undefined, to: FileRecord | undefined) => eventOf({ from, to }, source);

const organizationFile = (given: Partial<OrganizationFile> = {}): OrganizationFile => {
  const { appId: _app, staged: _staged, slice: _slice, ...common } = pendingFile();
  return { ...common, scope: 'organization', orgId: 'org', ownerType: 'progress_photo', ...given };
};

describe('a file', () => {
  test('that became ready is told with whose it is, what it is and what it lives with', () => {
    const file = sessionFile({ purpose: 'cover' });
    expect(told(file, ready(file))).toEqual({
      id: `evt_${file.id}_2_${Date.parse(at).toString(36)}`,
      type: 'file.ready',
      time: at,
      version: 1,
      source,
      data: {
        fileId: file.id,
        sequence: 2,
        system: 'extension',
        userId: 'user',
        mimeType: 'image/webp',
        sizeBytes: 1000,
        appId: 'app',
        sessionId: 'session',
        holder: { type: 'lock', id: 'lock' },
        staged: false,
        purpose: 'cover',
      },
    });
  });

  test('of an organization or the uploads API is told with what these have in place of an app', () => {
    const photo = organizationFile();
    expect(told(photo, then(photo, { state: 'ready', parentId: 'row' }))?.data).toMatchObject({
      system: 'organization',
      orgId: 'org',
      ownerType: 'progress_photo',
      parentId: 'row',
    });
    const upload = uploadFile();
    expect(told(upload, ready(upload))?.data).toMatchObject({ system: 'upload', visibility: 'public' });
    expect(told(upload, ready({ ...upload, bucket: 'default' }))?.data).toMatchObject({ visibility: 'private' });
  });

  test('is told without anything by which its bytes could be read: no key, no bucket, no name of the user’s', () => {
    const file = ready(sessionFile({ idempotencyId: 'secret-key' }));
    const text = JSON.stringify([
      told(pendingFile({ id: file.id }), file),
      told(file, then(file, { state: 'deleting' })),
    ]);
    for (const hidden of [file.key, file.originalName, 'secret-key', 'bucket']) expect(text).not.toContain(hidden);
  });

  test('that was never ready is never told of, whatever ends it', () => {
    const file = pendingFile();
    expect(told(undefined, file)).toBeUndefined();
    expect(told(file, then(file, { state: 'deleting' }))).toBeUndefined();
    expect(told(then(file, { state: 'deleting' }), undefined)).toBeUndefined();
  });

  test('that is deleted is told of once, when nobody may read it any more, and with what it lived with', () => {
    const file = ready(sessionFile());
    const deleting = then(file, { state: 'deleting' });
    const event = told(file, deleting);
    expect(event).toMatchObject({
      type: 'file.deleted',
      data: { reason: 'deleted', holder: { id: 'lock' }, sequence: 3 },
    });
    expect(told(deleting, { ...deleting, dueAt: 1 })).toBeUndefined();
    expect(told(deleting, undefined)).toBeUndefined();
  });

  test('that nobody claimed in its time is told as expired', () => {
    const file = ready(stagedFile({ expiresAt: Date.parse(at) - 1 }));
    expect(told(file, then(file, { state: 'deleting' }))?.data).toMatchObject({ reason: 'expired', staged: true });
    const early = ready(stagedFile({ expiresAt: Date.parse(at) + 1 }));
    expect(told(early, then(early, { state: 'deleting' }))?.data).toMatchObject({ reason: 'deleted' });
  });

  test('of the uploads API is deleted when its owner says so, and not again when its grace is over', () => {
    const file = ready(uploadFile());
    const hidden = then<UploadFile>(file, { deletedAt: at, expiresAt: Date.parse(at) + 1000 });
    expect(told(file, hidden)).toMatchObject({ type: 'file.deleted', data: { reason: 'deleted' } });
    expect(told(hidden, then(hidden, { state: 'deleting' }))).toBeUndefined();
  });
});

describe('an upload', () => {
  const hidden = (file: UploadFile) => then(file, { deletedAt: at, expiresAt: Date.parse(at) + 1000 });

  test('that is restored is ready again', () => {
    const file = ready(uploadFile());
    const { deletedAt: _, expiresAt: __, ...back } = then(hidden(file), { restoredAt: at });
    expect(told(hidden(file), back)).toMatchObject({ type: 'file.ready', data: { sequence: 4 } });
  });

  test('that a scanner has to judge is ready when it is given out, and never told of when it is rejected', () => {
    const quarantine = { timeoutMs: 1, onTimeout: 'reject' as const };
    const file = uploadFile({ quarantine });
    const stored = ready(file);
    expect(told(file, stored)).toBeUndefined();
    const { quarantine: _, ...open } = then(stored, {});
    expect(told(stored, open)?.type).toBe('file.ready');
    const rejection = { reason: 'infected' as const, until: 1 };
    expect(told(stored, then(stored, { state: 'deleting', rejection }))).toBeUndefined();
    expect(told(hidden(stored), then(stored, {}))).toBeUndefined();
    // What was let through for want of a verdict may be found out later.
    expect(told(open, then(open, { state: 'deleting', rejection }))?.data).toMatchObject({ reason: 'rejected' });
  });
});

describe('a staged file', () => {
  const file = ready(stagedFile({ draftId: 'draft' }));
  const claimOf = (from: ExtensionFile, id: string, sessionId?: string) =>
    boundTo(from, { type: 'lock', id: 'lock', ...(sessionId !== undefined && { sessionId }) }, id, new Date(at)) ??
    from;

  test('is claimed, and by a repeated claim not again', () => {
    const held = claimOf(file, 'one');
    expect(told(file, held)).toMatchObject({
      type: 'file.claimed',
      data: { staged: false, holder: { type: 'lock', id: 'lock' }, draftId: 'draft' },
    });
    expect(told(held, claimOf(held, 'two'))).toBeUndefined();
  });

  test('is claimed anew by a claim that names its session, and when that one is taken back', () => {
    const held = claimOf(file, 'one');
    const bound = claimOf(held, 'two', 'session');
    expect(told(held, bound)).toMatchObject({ type: 'file.claimed', data: { sessionId: 'session' } });
    const left = told(bound, withoutClaim(bound, 'two', new Date(at)));
    expect(left?.type).toBe('file.claimed');
    expect(left?.data).not.toHaveProperty('sessionId');
  });

  test('is released by the roll back of its last claim, and told with what it was released from', () => {
    const held = claimOf(file, 'one', 'session');
    expect(told(held, withoutClaim(held, 'one', new Date(at)))).toMatchObject({
      type: 'file.released',
      data: { staged: true, holder: { type: 'lock', id: 'lock' }, sessionId: 'session' },
    });
  });
});

test('the same write has the same id whoever tells it, and another write of the same revision another', () => {
  const file = sessionFile();
  const once = ready(file);
  expect(told(file, once)?.id).toBe(told(file, structuredClone(once))?.id);
  // A table that was restored to an earlier time counts from there again.
  expect(told(file, { ...once, updatedAt: '2026-05-01T10:00:00.001Z' })?.id).not.toBe(told(file, once)?.id);
});
