import { describe, expect, it } from 'vitest';
import { newUploadView, type Places, requirePlace, uploadView } from '#contracts/upload-views.ts';
import { uploadFile } from '#test/support/records.ts';

const places: Places = {
  buckets: { default: 'files', public: 'files-public' },
  endpoint: 'https://account.r2.cloudflarestorage.com',
  publicBaseUrl: 'https://files.test',
};

describe('how an upload is shown', () => {
  it('has the order of fields the contract has, after an upload and in lists', () => {
    const file = uploadFile({ state: 'ready' });
    expect(Object.keys(newUploadView(file, places)).join(' ')).toBe(
      'name uploaded_by type size bucket url meta status deletedAt _id createdAt updatedAt __v',
    );
    expect(Object.keys(uploadView(file, places)).join(' ')).toBe(
      '_id name uploaded_by type size bucket url meta status deletedAt createdAt updatedAt __v',
    );
  });

  it('shows a public file where it opens, a private one by its permanent name', () => {
    const open = uploadFile({ key: 'public/a|b:c/x.png' });
    expect(uploadView(open, places)).toMatchObject({
      bucket: 'files-public',
      url: 'https://files.test/public/a%7Cb%3Ac/x.png',
    });
    const closed = uploadFile({ key: 'private/user/x.png', bucket: 'default' });
    expect(uploadView(closed, places)).toMatchObject({
      bucket: 'files',
      url: 'https://account.r2.cloudflarestorage.com/files/private/user/x.png',
    });
  });

  it('shows a deleted file as updated when it was deleted', () => {
    const file = uploadFile({ createdAt: '2026-01-01T00:00:00.000Z', deletedAt: '2026-01-02T00:00:00.000Z' });
    expect(uploadView(file, places)).toMatchObject({
      status: false,
      deletedAt: '2026-01-02T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:00.000Z',
    });
  });

  it.each([
    ['public', { ...places, publicBaseUrl: undefined }],
    ['public', { ...places, buckets: { default: 'files' } }],
    ['default', { ...places, endpoint: undefined }],
    ['default', { ...places, buckets: {} }],
  ] as const)('is not possible in a %s bucket that is not configured', (role, given) => {
    expect(() => requirePlace(role, given)).toThrow(expect.objectContaining({ code: 'storage_not_configured' }));
    expect(requirePlace(role, places).bucket).toBe(role === 'public' ? 'files-public' : 'files');
  });
});
