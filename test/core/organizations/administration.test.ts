import { beforeEach, describe, expect } from 'vitest';
import { createAuditLog } from '#adapters/dynamo/audit.ts';
import { deleteOrganizationFile } from '#core/organizations/administration.ts';
import { storeComplianceDocument } from '#core/organizations/compliance.ts';
import { exportUrl, storeExport } from '#core/organizations/exports.ts';
import { completeLogo, getLogo } from '#core/organizations/logo.ts';
import { getMinisite, publishMinisite } from '#core/organizations/minisite.ts';
import { deleteParent } from '#core/organizations/parent-deletes.ts';
import { createParent } from '#core/organizations/parents.ts';
import { createSignatureToken, presignSignature } from '#core/organizations/signatures.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, leftovers, orgId, presign, put, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

const remove = (fileId: string, org = orgId) =>
  deleteOrganizationFile(world, { orgId: org, fileId, author: { subject: 'root', at: world.clock.now() } });

const refused = async (...given: Parameters<typeof remove>) => (await refusalOf(remove(...given))).code;

const write = (uploadIds: string[]) => createParent(world, { kind: 'progress_photo', userId, uploadIds, fields: {} });

const rows = async () =>
  (await world.organizations.listParents({ kind: 'progress_photo', userId }, { limit: 50 })).items;

const entries = async () => (await createAuditLog(world.table).list({}, { limit: 50 })).items;

const justItems = ({ items }: { items: string[] }) => items.filter((item) => !item.startsWith('AUDIT'));

describe('a file of an organization that an administrator deletes', () => {
  it('goes at once and for good, once, and that is written down beside it', async () => {
    const [id, other] = [await uploaded(world), await uploaded(world)];
    const parent = await write([id, other]);
    world.calls.length = 0;
    await remove(id);
    expect(world.calls).toEqual(['dynamo BatchGetItem', 'dynamo TransactWriteItems']);
    await world.work();
    expect(await world.objectKeys()).toEqual([parent.files[1]?.key]);
    expect(await refused(id)).toBe('file_not_found');
    expect(await entries()).toMatchObject([
      {
        by: 'root',
        action: 'organizations.file.deleted',
        subject: { type: 'file', id },
        details: { orgId, userId, ownerType: 'progress_photo', parentId: parent.id, sizeBytes: 7 },
      },
    ]);
  });

  it('is still named by its row, which is listed and deleted as ever', async () => {
    const parent = await write([await uploaded(world), await uploaded(world)]);
    await remove(parent.files[0]?.uploadId ?? '');
    await world.work();
    expect(await rows()).toEqual([parent]);
    await deleteParent(world, { kind: parent.kind, id: parent.id, userId, asMember: true });
    expect(await rows()).toEqual([]);
    const left = await leftovers(world);
    expect([left.objects, justItems(left)]).toEqual([[], []]);
  });

  it('may be awaited still, and then nothing takes it and nothing of it comes later', async () => {
    const upload = await presign(world);
    await remove(upload.uploadId);
    await world.work();
    await put(upload);
    expect((await refusalOf(write([upload.uploadId]))).code).toBe('upload_not_found');
    const left = await leftovers(world);
    expect([left.objects, justItems(left)]).toEqual([[], []]);
  });

  it('may be a logo, an asset or a CSV: what has it stays and takes another in its place', async () => {
    const logo = await uploaded(world, { ownerType: 'logo' });
    const asset = await uploaded(world, { ownerType: 'minisite_asset' });
    const page = { orgId, userId, content: '{}' };
    await completeLogo(world, { orgId, userId }, logo);
    await publishMinisite(world, { ...page, assetUploadIds: [asset] });
    const run = { orgId, jobId: 'job', bytes: bytesOf('a,b'), subject: 'platform' };
    const csv = await storeExport(world, run);
    for (const id of [logo, asset, csv.id]) await remove(id);
    await world.work();
    expect(await world.objectKeys()).toEqual([]);
    expect(await getLogo(world, { orgId, userId })).toMatchObject({ uploadId: logo });
    expect((await getMinisite(world, { orgId, userId })).assets).toHaveLength(1);
    expect((await refusalOf(exportUrl(world, { orgId, jobId: 'job' }))).code).toBe('not_found');

    const next = await uploaded(world, { ownerType: 'logo' });
    expect(await completeLogo(world, { orgId, userId }, next)).toMatchObject({ uploadId: next });
    expect((await publishMinisite(world, { ...page, assetUploadIds: [] })).assets).toEqual([]);
    await storeExport(world, run);
    expect((await exportUrl(world, { orgId, jobId: 'job' })).url).toContain('exports/org/job.csv');
  });

  it('is another organization’s or none at all: not there, and nothing is written down', async () => {
    const id = await uploaded(world);
    expect(await refused(id, 'another')).toBe('file_not_found');
    for (const wrong of [crypto.randomUUID(), 'f'.repeat(24), '', 'x'.repeat(5000)]) {
      expect(await refused(wrong)).toBe('file_not_found');
    }
    expect(await entries()).toEqual([]);
  });
});

describe('what must be kept', () => {
  const pdf = bytesOf('%PDF-1.7\n%%EOF\n');

  async function signed() {
    const { token } = await createSignatureToken(world, { orgId, formId: 'form', expiresInSeconds: 3600 });
    const upload = await presignSignature(world, token, { mimeType: 'image/png', sizeBytes: 7 });
    await put(upload);
    const facts = { orgId, subject: 'platform', originalName: 'waiver.pdf', signatureUploadId: upload.uploadId };
    return { document: await storeComplianceDocument(world, { ...facts, bytes: pdf }), signature: upload.uploadId };
  }

  it('is refused, a document as its signature, until seven years are over; then one goes with the other', async () => {
    const { document, signature } = await signed();
    expect(await refused(document.id)).toBe('retained_until');
    expect(await refused(signature)).toBe('retained_until');
    expect(await entries()).toEqual([]);
    world.time.offsetMs = 8 * 365.25 * 86_400_000;
    await remove(document.id);
    const states = (await world.organizations.getFiles([document.id, signature])).map((file) => file?.state);
    expect(states).toEqual(['deleting', 'deleting']);
    expect(await entries()).toHaveLength(1);
  });
});

describe('when others are at it', () => {
  it('of several at once one is written down, and a row that takes the file meanwhile changes nothing', async () => {
    const id = await uploaded(world);
    const [row, ...removals] = await Promise.allSettled([write([id]), remove(id), remove(id)]);
    expect(removals.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    if (row.status === 'rejected') expect(row.reason).toMatchObject({ code: 'upload_not_found' });
    expect(await entries()).toHaveLength(1);
    expect((await leftovers(world)).objects).toEqual([]);
  });

  it('one killed before it asked for the clean-up is finished by the schedule, or by asking again', async () => {
    const [first, second] = (await write([await uploaded(world), await uploaded(world)])).files;
    const killed = { ...world, scheduleDelete: () => Promise.reject(new Error('killed')) };
    for (const file of [first, second]) {
      const author = { subject: 'root', at: world.clock.now() };
      const request = deleteOrganizationFile(killed, { orgId, fileId: file?.uploadId ?? '', author });
      await expect(request).rejects.toThrow('killed');
    }
    await remove(first?.uploadId ?? '');
    await world.work();
    expect(await world.objectKeys()).toEqual([second?.key]);
    expect(await entries()).toHaveLength(2);
    expect((await leftovers(world)).objects).toEqual([]);
  });
});
