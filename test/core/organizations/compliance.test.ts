import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { sweepIncoming, sweepOne } from '#core/files/sweep.ts';
import {
  type ComplianceDocument,
  deleteComplianceDocument,
  storeComplianceDocument,
} from '#core/organizations/compliance.ts';
import { createSignatureToken, presignSignature, unknownSize } from '#core/organizations/signatures.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, orgId, put, refusalOf, reset } from './support.ts';

const it = worldTest;

const pdf = bytesOf('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n');
const signature = bytesOf('\x89PNG signed');
const sevenYears = () => {
  const until = new Date(world.clock.now());
  until.setUTCFullYear(until.getUTCFullYear() + 7);
  return until.getTime();
};

beforeEach(() => reset(world));

const store = (more: Partial<ComplianceDocument> = {}) =>
  storeComplianceDocument(world, { orgId, subject: 'platform', bytes: pdf, originalName: 'waiver.pdf', ...more });
const remove = (documentId: string, org = orgId) => deleteComplianceDocument(world, { orgId: org, documentId });
const token = async (formId = 'form') =>
  (await createSignatureToken(world, { orgId, formId, expiresInSeconds: 3600 })).token;
const declared = { mimeType: 'image/png', sizeBytes: signature.byteLength };

async function signed(formId = 'form'): Promise<string> {
  const upload = await presignSignature(world, await token(formId), declared);
  expect(await put(upload, signature)).toBe(200);
  return upload.uploadId;
}

describe('a form token', () => {
  it('presigns one signature, with one read and one transaction, and is used up once that is in a document', async () => {
    const given = await token();
    world.calls.length = 0;
    const upload = await presignSignature(world, given, declared);
    expect(world.calls).toEqual(['dynamo GetItem', 'dynamo TransactWriteItems']);
    expect(await put(upload, signature)).toBe(200);
    await store({ signatureUploadId: upload.uploadId });
    expect(await refusalOf(presignSignature(world, given, declared))).toMatchObject({ code: 'not_found' });
  });

  it('presigns twenty times, for every retry of a person, and is no store for whoever has the link', async () => {
    const given = await token();
    for (let times = 0; times < 20; times += 1) await presignSignature(world, given, unknownSize());
    expect(await refusalOf(presignSignature(world, given, unknownSize()))).toMatchObject({ code: 'not_found' });
  });

  it('presigns again until then, and the last upload is the one there is', async () => {
    const given = await token();
    const lost = await presignSignature(world, given, declared);
    expect(await put(lost, signature)).toBe(200);
    const next = await presignSignature(world, given, { ...declared, sizeBytes: 3 });
    expect(next.uploadId).not.toBe(lost.uploadId);
    expect(await refusalOf(store({ signatureUploadId: lost.uploadId }))).toMatchObject({ code: 'upload_not_found' });
    expect(await put(next, bytesOf('png'))).toBe(200);
    await store({ signatureUploadId: next.uploadId });
    await world.work();
    world.time.offsetMs = 71 * 60_000;
    for (const marker of await world.files.listDueIncoming(world.clock.now(), 10)) await sweepIncoming(world, marker);
    expect((await world.objectKeys()).filter((key) => key.startsWith('incoming/'))).toEqual([]);
  });

  it('presigns again when nothing came of the first and its time is over', async () => {
    const { token: given } = await createSignatureToken(world, { orgId, formId: 'form', expiresInSeconds: 604_800 });
    const { uploadId } = await presignSignature(world, given, declared);
    world.time.offsetMs = 48 * 3_600_000;
    const file = await world.files.get(uploadId);
    if (file !== undefined) await sweepOne(world, file);
    expect((await presignSignature(world, given, declared)).uploadId).not.toBe(uploadId);
  });

  it('takes a PNG of a size that nobody declared, and refuses one that is too large', async () => {
    const upload = await presignSignature(world, await token(), unknownSize());
    expect(upload).toMatchObject({ maxBytes: 1_048_576, headers: { 'content-type': 'image/png' } });
    expect(upload).not.toHaveProperty('contentLength');
    expect(await put(upload, signature)).toBe(200);
    await store({ signatureUploadId: upload.uploadId });
    expect(await world.files.get(upload.uploadId)).toMatchObject({ state: 'ready', sizeBytes: signature.byteLength });

    const large = await presignSignature(world, await token(), unknownSize());
    expect(await put(large, Buffer.alloc(1_048_577))).toBe(200);
    expect((await refusalOf(store({ signatureUploadId: large.uploadId }))).code).toBe('file_not_uploaded');
  });

  it('has one upload though ten use it at the same moment', async () => {
    const given = await token();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => presignSignature(world, given, declared)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    const files = (await world.items()).filter(({ sk, state }) => sk === 'FILE' && state === 'pending');
    expect(files).toHaveLength(1);
  });

  it('looks the same when it is unknown, used or over', async () => {
    const used = await token();
    const upload = await presignSignature(world, used, declared);
    expect(await put(upload, signature)).toBe(200);
    await store({ signatureUploadId: upload.uploadId });
    const over = await token();
    world.time.offsetMs = 3_600_001;
    const messages = await Promise.all(
      [used, over, 'x', `${over.slice(0, -1)}!`, 'A'.repeat(43)].map((given) =>
        refusalOf(presignSignature(world, given, declared)),
      ),
    );
    expect(new Set(messages.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
  });

  it('is not used up by what the policy refuses, and is nowhere in the table', async () => {
    const given = await token();
    for (const [code, wrong] of [
      ['invalid_file_type', { ...declared, mimeType: 'image/svg+xml' }],
      ['file_too_large', { ...declared, sizeBytes: 2_000_000 }],
    ] as const) {
      expect((await refusalOf(presignSignature(world, given, wrong))).code).toBe(code);
    }
    expect(JSON.stringify(await world.items())).not.toContain(given);
    await presignSignature(world, given, declared);
  });
});

describe('a compliance document', () => {
  it('is stored with seven years to stay, and says so', async () => {
    const file = await store({ formId: 'form' });
    expect(file).toMatchObject({
      state: 'ready',
      bucket: 'compliance',
      key: expect.stringMatching(`^compliance/org/${file.id}[0-9a-f]{20}[.]pdf$`),
      formId: 'form',
    });
    expect(Math.abs((file.retainedUntil ?? 0) - sevenYears())).toBeLessThan(60_000);
    expect(await world.objects.head(file)).toMatchObject({ contentType: 'application/pdf', sizeBytes: pdf.byteLength });
  });

  it('takes the signature it names, which then stays as long', async () => {
    const id = await signed();
    const file = await store({ signatureUploadId: id });
    expect(file).toMatchObject({ formId: 'form', signatureUploadId: id });
    const [taken] = await world.organizations.getFiles([id]);
    expect(taken).toMatchObject({ state: 'ready', parentId: file.id, retainedUntil: file.retainedUntil });
    expect((await world.objectKeys()).sort()).toEqual([file.key, `signatures/org/${id}.png`].sort());
    expect(await refusalOf(store({ signatureUploadId: id }))).toMatchObject({ code: 'upload_not_found' });
  });

  it('is refused with a signature of another form or organization, or that never came, and leaves nothing', async () => {
    const id = await signed('another');
    const waiting = (await presignSignature(world, await token(), declared)).uploadId;
    const before = (await world.objectKeys()).length;
    expect(await refusalOf(store({ formId: 'form', signatureUploadId: id }))).toMatchObject({
      code: 'upload_not_found',
    });
    expect(await refusalOf(store({ orgId: 'elsewhere', signatureUploadId: id }))).toMatchObject({
      code: 'upload_not_found',
    });
    expect(await refusalOf(store({ signatureUploadId: waiting }))).toMatchObject({
      code: 'file_not_uploaded',
      message: `File ${waiting} was not uploaded`,
    });
    expect(await world.objectKeys()).toHaveLength(before);
  });

  it('is a PDF by its bytes, whatever its name says', async () => {
    const refused = await refusalOf(store({ bytes: bytesOf('<html>') }));
    expect(refused).toMatchObject({ code: 'invalid_file_type', message: 'Unsupported file type' });
  });

  it('is one document when its request comes twice', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const file = await store({ idempotency });
    expect(await store({ idempotency })).toEqual(file);
    expect(await refusalOf(store({ idempotency: { id: 'key', contentHash: 'other' } }))).toMatchObject({
      code: 'idempotency_key_reused',
    });
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('leaves nothing when R2 refuses it, and the signature free for another try', async () => {
    const id = await signed();
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store({ signatureUploadId: id })).rejects.toThrow();
    world.faults.r2 = undefined;
    expect((await world.items()).filter(({ ownerType }) => ownerType === 'compliance_document')).toEqual([]);
    expect(await store({ signatureUploadId: id })).toMatchObject({ state: 'ready' });
  });
});

describe('deleting a compliance document', () => {
  it('is refused until its seven years are over, with the day', async () => {
    const file = await store();
    const until = new Date(file.retainedUntil ?? 0).toISOString();
    expect(await refusalOf(remove(file.id))).toMatchObject({ code: 'retained_until', details: { until } });
    world.time.offsetMs = (file.retainedUntil ?? 0) - Date.now() - 1000;
    expect(await refusalOf(remove(file.id))).toMatchObject({ code: 'retained_until' });
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('is refused by the table itself, whoever asks', async () => {
    const file = await store();
    await expect(world.files.release(file, new Date())).rejects.toThrow(/must be kept/);
  });

  it('takes document and signature away once they are', async () => {
    const file = await store({ signatureUploadId: await signed() });
    world.time.offsetMs = (file.retainedUntil ?? 0) - Date.now() + 1000;
    await remove(file.id);
    for (const message of world.messages) if (message.type === 'file.delete') await purge(world, message.fileId);
    expect(await world.objectKeys()).toEqual([]);
    expect((await world.items()).filter(({ sk }) => sk === 'FILE')).toEqual([]);
    expect(await refusalOf(remove(file.id))).toMatchObject({ code: 'not_found' });
  });

  it('waits for the lock of the bucket without failing, and finishes when it is over', async () => {
    const file = await store();
    world.time.offsetMs = (file.retainedUntil ?? 0) - Date.now() + 1000;
    world.faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 403, code: 'ObjectLockedByBucketPolicy' } : undefined;
    await remove(file.id);
    await purge(world, file.id);
    const due = async () => await world.files.listDue(world.clock.now(), { limit: 10 });
    expect(await due()).toEqual([]);
    expect(await world.objectKeys()).toEqual([file.key]);
    world.faults.r2 = undefined;
    world.time.offsetMs += 2 * 24 * 3_600_000;
    for (const late of await due()) await sweepOne(world, late);
    expect(await world.objectKeys()).toEqual([]);
  });

  it("of another organization's, of a signature or of nothing is not found", async () => {
    const id = await signed();
    const file = await store({ signatureUploadId: id });
    for (const [documentId, org] of [
      [file.id, 'elsewhere'],
      [id, orgId],
      ['0'.repeat(24), orgId],
      ['..', orgId],
    ] as const) {
      expect(await refusalOf(remove(documentId, org))).toMatchObject({ code: 'not_found' });
    }
  });
});
