import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect } from 'vitest';
import { claimKey, fileKey, logoKey, minisiteKey } from '#adapters/dynamo/keys.ts';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { claimIdOf } from '#core/extensions/claims/claim-record.ts';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { deleteComplianceDocument, storeComplianceDocument } from '#core/organizations/compliance.ts';
import { completeLogo, presignLogo } from '#core/organizations/logo.ts';
import { publishMinisite } from '#core/organizations/minisite.ts';
import { createParent } from '#core/organizations/parents.ts';
import { presignUpload } from '#core/uploads/direct-upload.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { bytesOf, join, orgId, put, refusalOf, reset, uploaded, userId } from '#test/core/organizations/support.ts';
import { caller, directUploads, settings, setup } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { sessionFile, stagedFile, uploadFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

/**
 * An id that was derived, or that a row refers to, proves no owner. Here each leads to a stranger's record, as a shared
 * key or a damaged row would, and the stranger's file is neither told, nor moved, nor deleted.
 */
let photo: Buffer;
it.beforeAll(async () => {
  photo = await jpegPhoto();
});
beforeEach(() => reset(world));

const claim = { id: 'a'.repeat(64), contentHash: 'same' };
const contentOf = (id: string) => ({ ...claim, id });

describe('an Idempotency-Key that leads to a file of', () => {
  const image = () => ({ bytes: photo, originalName: 'a.jpg', idempotency: claim });
  const text = { userId, visibility: 'private' as const, originalName: 'a.txt', idempotency: claim };

  it.each([
    ['another app', sessionFile({ appId: 'another' })],
    ['another session', sessionFile({ sessionId: 'another' })],
    ['another lock', sessionFile({ lockId: 'another' })],
    ['the uploads API', uploadFile({ userId: caller.userId })],
  ])('%s answers no upload into a session', async (_, file) => {
    await world.files.reserve(file, [], claim);
    const target = { kind: 'session' as const, ...caller };
    const pending = await refusalOf(storeImage(world, { target, ...image() }, settings));
    await world.files.markReady(file, world.clock.now());
    const ready = await refusalOf(storeImage(world, { target, ...image() }, settings));
    expect([pending.code, ready.code]).toEqual(['file_not_found', 'file_not_found']);
  });

  it.each([
    ['another app', stagedFile({ appId: 'another' })],
    ['another user', stagedFile({ userId: 'another' })],
  ])('%s answers no staging', async (_, file) => {
    await world.files.reserve(file, [], claim);
    await world.files.markReady(file, world.clock.now());
    const refused = await refusalOf(storeImage(world, { target: setup, ...image() }, settings));
    expect(refused).toMatchObject({ code: 'file_not_found' });
  });

  it('another lock offers no PUT of its upload', async () => {
    const direct = directUploads(world);
    const strange = { kind: 'session' as const, ...caller, lockId: 'another' };
    await direct.presign({ target: strange, idempotency: claim });
    expect((await refusalOf(direct.presign({ idempotency: claim }))).code).toBe('idempotency_key_reused');
  });

  it('another user answers no upload of any file, and offers no PUT of it', async () => {
    const file = uploadFile({ userId: 'another', bucket: 'default' });
    await world.files.reserve(file, [], claim);
    await world.files.markReady(file, world.clock.now());
    const stored = storeUpload(world, { ...text, declaredType: '', bytes: bytesOf('hello') }, defaultUploadSettings);
    expect((await refusalOf(stored)).code).toBe('file_not_found');
    const asked = { mimeType: 'text/plain', sizeBytes: 5, idempotency: contentOf('b'.repeat(64)) };
    await presignUpload(world, { ...text, userId: 'another', ...asked }, defaultUploadSettings);
    const offered = presignUpload(world, { ...text, ...asked }, defaultUploadSettings);
    expect((await refusalOf(offered)).code).toBe('idempotency_key_reused');
  });

  it('another organization answers no document', async () => {
    const document = { subject: 'platform', bytes: bytesOf('%PDF-1.7'), originalName: 'a.pdf', idempotency: claim };
    await storeComplianceDocument(world, { orgId: 'another', ...document });
    const refused = await refusalOf(storeComplianceDocument(world, { orgId, ...document }));
    expect(refused).toMatchObject({ code: 'file_not_found' });
  });
});

describe('a claim', () => {
  const target = { type: 'lock', id: 'lock' } as const;
  const put = (record: Record<string, unknown>) =>
    world.table.documents.send(
      new PutCommand({ TableName: world.table.name, Item: { ...claimKey(String(record.id)), ...record } }),
    );

  it("under whose name another user's lies is not answered from it", async () => {
    const fileIds = ['0'.repeat(24)];
    const asked = { appId: 'app', userId: 'user', target };
    const id = claimIdOf({ ...asked, fileIds, draftId: undefined });
    const theirs = { ...asked, userId: 'another', id, fileIds, deletedIds: ['f'.repeat(24)], state: 'claimed' };
    await put({ ...theirs, cleanedAt: 'then' });
    const config = { provider: 'chastify_storage', fileId: fileIds[0] };
    const refused = await refusalOf(claimFiles(world, { ...asked, config }, async () => settings));
    expect(refused).toMatchObject({ code: 'file_not_found', details: { files: [{ fileId: fileIds[0] }] } });
  });

  it('that is taken back moves no file of another user', async () => {
    const id = 'c'.repeat(24);
    const { staged: _, ...file } = stagedFile({ userId: 'another', lockId: 'lock', claimIds: [id] });
    const held = { ...file, staged: false };
    await world.files.reserve(held, []);
    await world.files.markReady(held, world.clock.now());
    await put({ id, appId: 'app', userId: 'user', target, fileIds: [file.id], deletedIds: [], state: 'claimed' });
    await rollBackClaim(world, id);
    expect(await world.files.get(file.id)).toMatchObject({ staged: false, lockId: 'lock', claimIds: [id] });
  });

  it('without a draft is not the claim of a draft without a name', async () => {
    const asked = { appId: 'app', userId: 'user', target };
    const unnamed = await claimFiles(world, { ...asked, config: { storageDraftId: '' } }, async () => settings);
    const none = await claimFiles(world, { ...asked, config: {} }, async () => settings);
    expect(unnamed.claimId).toBe(none.claimId);
    const ids = [undefined, 'a', 'b'].map((draftId) => claimIdOf({ ...asked, fileIds: [], draftId }));
    expect(new Set(ids).size).toBe(3);
  });
});

describe('a row of an organization that refers to a file of another', () => {
  const alien = 'another';
  const write = (Item: Record<string, unknown>) =>
    world.table.documents.send(new PutCommand({ TableName: world.table.name, Item }));

  /** A photo that another organization has taken. */
  async function alienFile() {
    await join(world, alien);
    const uploadId = await uploaded(world, { orgId: alien });
    const { files } = await createParent(world, { kind: 'progress_photo', userId, uploadIds: [uploadId], fields: {} });
    const [file] = files;
    if (file === undefined) throw new Error('A parent has its files');
    return file;
  }
  const stays = async (id: string) => {
    await world.work();
    expect(await world.files.get(id)).toMatchObject({ state: 'ready', orgId: alien });
  };

  it('does not delete it with the logo that replaces it', async () => {
    const logo = await alienFile();
    await write({ ...logoKey(orgId), orgId, rev: 1, logo });
    const upload = await presignLogo(world, { orgId, userId }, { mimeType: 'image/png', sizeBytes: 7 });
    await put(upload);
    await completeLogo(world, { orgId, userId }, upload.uploadId);
    await stays(logo.uploadId);
  });

  it('does not delete it with the assets that a page drops', async () => {
    const asset = await alienFile();
    await write({ ...minisiteKey(orgId), orgId, rev: 1, content: '{}', assets: [asset], updatedAt: 'then' });
    await publishMinisite(world, { orgId, userId, content: '{}', assetUploadIds: [] });
    await stays(asset.uploadId);
  });

  it('does not delete it as the signature of a document', async () => {
    const signature = await alienFile();
    const bytes = bytesOf('%PDF-1.7');
    const document = await storeComplianceDocument(world, { orgId, subject: 'platform', bytes, originalName: 'a.pdf' });
    await world.table.documents.send(
      new UpdateCommand({
        TableName: world.table.name,
        Key: fileKey(document.id),
        UpdateExpression: 'SET signatureUploadId = :id, retainedUntil = :over',
        ExpressionAttributeValues: { ':id': signature.uploadId, ':over': 1 },
      }),
    );
    await deleteComplianceDocument(world, { orgId, documentId: document.id });
    await stays(signature.uploadId);
  });
});
