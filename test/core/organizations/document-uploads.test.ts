import { beforeEach, describe, expect } from 'vitest';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { sweepOne } from '#core/files/sweep.ts';
import { deleteComplianceDocument } from '#core/organizations/compliance.ts';
import { completeDocument, presignDocument } from '#core/organizations/document-uploads.ts';
import { openDocument } from '#core/organizations/documents.ts';
import { createSignatureToken, presignSignature } from '#core/organizations/signatures.ts';
import type { World } from '#test/support/world.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, orgId, put, refusalOf, reset } from './support.ts';

const it = worldTest;

const pdf = Buffer.concat([bytesOf('%PDF-1.7\n'), Buffer.alloc(6 * 1024 * 1024, '% large\n'), bytesOf('%%EOF\n')]);
const png = bytesOf('\x89PNG signed');

/** The world with a bucket of its own for documents: what arrives in the default one is copied into another. */
let kept: World;
beforeEach(async () => {
  await reset(world);
  const config = { ...world.r2Config, buckets: { ...world.r2Config.buckets, compliance: 'compliance' } };
  kept = { ...world, objects: createObjectStore(config), signer: createUrlSigner(config) };
});

type More = Partial<Parameters<typeof presignDocument>[1]>;

const presign = (more: More = {}) =>
  presignDocument(kept, {
    orgId,
    subject: 'platform',
    originalName: 'waiver.pdf',
    sizeBytes: pdf.byteLength,
    ...more,
  });

async function sent(more: More = {}, bytes = pdf): Promise<string> {
  const upload = await presign({ sizeBytes: bytes.byteLength, ...more });
  expect(await put(upload, bytes)).toBe(200);
  return upload.uploadId;
}

async function signed(formId = 'form'): Promise<string> {
  const { token } = await createSignatureToken(world, { orgId, formId, expiresInSeconds: 3600 });
  const upload = await presignSignature(world, token, { mimeType: 'image/png', sizeBytes: png.byteLength });
  expect(await put(upload, png)).toBe(200);
  return upload.uploadId;
}

const complete = (uploadId: string, org = orgId) => completeDocument(kept, { orgId: org, uploadId });

describe('a document that no form carries', () => {
  it('is kept like any other, in the compliance bucket, for seven years from when it was stored', async () => {
    const id = await sent({ formId: 'form' });
    const file = await complete(id);
    expect(file).toMatchObject({
      id,
      state: 'ready',
      bucket: 'compliance',
      key: expect.stringMatching(`^compliance/org/${id}[0-9a-f]{20}[.]pdf$`),
      sizeBytes: pdf.byteLength,
      formId: 'form',
    });
    const until = new Date(file.updatedAt);
    until.setUTCFullYear(until.getUTCFullYear() + 7);
    expect(file.retainedUntil).toBeGreaterThanOrEqual(until.getTime());
    expect((await refusalOf(deleteComplianceDocument(kept, { orgId, documentId: id }))).code).toBe('retained_until');
    expect((await world.organizations.listDocuments(orgId, { limit: 10 })).items).toEqual([file]);
    const { link } = await openDocument(kept, { orgId, documentId: id });
    const response = await fetch(link.url);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(Buffer.from(await response.arrayBuffer()).equals(pdf)).toBe(true);
    expect(await world.objectKeys()).toEqual([]);
  });

  it('is moved by the bucket: a few kilobytes of it are read, and nothing is written from here', async () => {
    const id = await sent();
    world.calls.length = 0;
    await complete(id);
    expect(world.calls.filter((call) => call.startsWith('r2'))).toEqual([
      'r2 HeadObject',
      'r2 GetObject',
      'r2 CopyObject',
      'r2 DeleteObject',
    ]);
  });

  it('takes its signature with it, in one transaction', async () => {
    const signatureUploadId = await signed();
    const file = await complete(await sent({ signatureUploadId }));
    expect(file).toMatchObject({ signatureUploadId, formId: 'form' });
    expect(await world.files.get(signatureUploadId)).toMatchObject({
      state: 'ready',
      parentId: file.id,
      retainedUntil: file.retainedUntil,
    });
  });

  it('is refused without a useless transfer when its signature is not there', async () => {
    expect((await refusalOf(presign({ signatureUploadId: crypto.randomUUID() }))).code).toBe('upload_not_found');
    const signatureUploadId = await signed();
    expect((await refusalOf(presign({ signatureUploadId, formId: 'other' }))).code).toBe('upload_not_found');
  });

  it('of two that name one signature, one is kept, and nothing of the other is in a bucket that would keep it', async () => {
    const signatureUploadId = await signed();
    const ids = await Promise.all([sent({ signatureUploadId }), sent({ signatureUploadId })]);
    await complete(ids[0] ?? '');
    expect((await refusalOf(complete(ids[1] ?? ''))).code).toBe('upload_not_found');
    expect(await world.files.get(ids[1] ?? '')).toBeUndefined();
    expect(await world.objectKeys('compliance')).toHaveLength(1);
  });

  it('is completed once, however many do it at the same moment', async () => {
    const id = await sent({ signatureUploadId: await signed() });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => complete(id)));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    const file = await complete(id);
    expect(file.state).toBe('ready');
    expect(await world.objectKeys('compliance')).toEqual([file.key]);
  });

  it('is a PDF, and what is none leaves nothing', async () => {
    const id = await sent({}, bytesOf('<html><body>no</body></html>'));
    expect((await refusalOf(complete(id))).code).toBe('invalid_file_type');
    expect(await world.files.get(id)).toBeUndefined();
    expect([...(await world.objectKeys()), ...(await world.objectKeys('compliance'))]).toEqual([]);
  });

  it('has at most 100 MB', async () => {
    expect((await refusalOf(presign({ sizeBytes: 100 * 1024 * 1024 + 1 }))).code).toBe('file_too_large');
  });

  it('is not found from another organization, before its bytes came or after its time', async () => {
    const id = await sent();
    expect((await refusalOf(complete(id, 'another'))).code).toBe('upload_not_found');
    const { uploadId } = await presign();
    expect((await refusalOf(complete(uploadId))).code).toBe('file_not_uploaded');
    world.time.offsetMs = 16 * 60_000;
    expect((await refusalOf(complete(id))).code).toBe('upload_not_found');
    for (const file of await world.files.listDue(world.clock.now(), { limit: 10 })) await sweepOne(kept, file);
    expect([...(await world.objectKeys()), ...(await world.objectKeys('compliance'))]).toEqual([]);
  });
});
