import { type ExamplesOf, fileId, linkTo, now, presigned } from './shared.ts';

const name = 'public/user-1/ac5af6e7-08f2-42d0-9900-fdb729c82951.png';

const stored = {
  name,
  uploaded_by: 'user-1',
  type: 'image/png',
  size: '383373',
  bucket: 'stowage-public',
  url: `https://files.chastify.net/${name}`,
  meta: { originalName: '80:20 rule.png' },
  status: true,
  deletedAt: null,
};
const times = { createdAt: now, updatedAt: now, __v: 0 };
const made = { ...stored, _id: fileId, ...times };
const file = { _id: fileId, ...stored, ...times };
const deleted = {
  ...file,
  status: false,
  deletedAt: '2026-11-21T10:00:00.000Z',
  updatedAt: '2026-11-21T10:00:00.000Z',
};

const privateName = 'private/user-1/3f0c9a7e-5d1b-4c2f-8a6e-0d9b7c5a3f10.pdf';
const privateFile = {
  ...made,
  name: privateName,
  type: 'application/pdf',
  bucket: 'stowage',
  url: `https://account.r2.cloudflarestorage.com/stowage/${privateName}`,
  meta: { originalName: 'statement.pdf' },
};

const partUrl =
  'https://account.r2.cloudflarestorage.com/stowage/incoming/66f2a1b40a1b2c3d4e5f60710a1b2c3d?partNumber=2&uploadId=ANq1h&X-Amz-Signature=0f6b2b1c';

const answer = <T>(message: string, data: T) => ({ answer: { status: 'success', message, data } });
const uploaded = 'file Uploaded Successfully';

export const uploadExamples: ExamplesOf<'uploads'> = {
  'uploads/complete': { request: { uploadId: fileId }, ...answer(uploaded, made) },
  'uploads/delete': answer('Success', deleted),
  'uploads/get': answer('Success', file),
  'uploads/list': answer('OK', { count: 1, pages: 1, data: [file] }),
  'uploads/parts': {
    request: { numbers: [2] },
    ...answer('Success', {
      uploadId: fileId,
      method: 'PUT',
      partSizeBytes: 5_242_880,
      partCount: 3,
      uploadedParts: [{ partNumber: 1, sizeBytes: 5_242_880, etag: '"bce6bf66aeb76c7040fdd5f4eccb78e6"' }],
      parts: [{ partNumber: 2, uploadUrl: partUrl, contentLength: 5_242_880 }],
      expiresIn: 3600,
      expiresAt: '2026-11-22T10:00:00.000Z',
    }),
  },
  'uploads/presign': {
    request: { filename: 'film.mp4', mimeType: 'video/mp4', sizeBytes: 80_000_000, private: true },
    ...answer('Success', presigned('video/mp4', 80_000_000)),
  },
  'uploads/restore': answer('Success', { ...file, updatedAt: '2026-11-21T10:05:00.000Z' }),
  'uploads/upload-private': {
    request: { file: '(the bytes of statement.pdf)', coinName: 'Bitcoin' },
    ...answer(uploaded, privateFile),
  },
  'uploads/upload-public': {
    request: { file: '(the bytes of 80:20 rule.png)', coinName: 'Bitcoin' },
    ...answer(uploaded, made),
  },
  'uploads/url': answer('Success', linkTo(privateName)),
};
