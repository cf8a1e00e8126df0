import { type ExamplesOf, fileId, linkTo, now, presigned } from './shared.ts';

const image = { provider: 'chastify_storage', fileId };

const key = 'compliance/org-1/66f2a1b40a1b2c3d4e5f60713f0c9a7e5d1b4c2f8a6e.pdf';
const document = {
  id: fileId,
  organizationId: 'org-1',
  formId: 'form-1',
  signatureUploadId: '66f2a1a00a1b2c3d4e5f6070',
  key,
  originalName: 'contract.pdf',
  mimeType: 'application/pdf',
  sizeBytes: 240_000,
  createdAt: now,
  retainedUntil: '2033-11-20T10:00:00.000Z',
};
const csv = {
  jobId: 'job-1',
  organizationId: 'org-1',
  key: 'exports/org-1/job-1.csv',
  sizeBytes: 24,
  createdAt: now,
};

export const platformExamples: ExamplesOf<'platform'> = {
  'platform/claims-create': {
    request: {
      userId: 'user-1',
      target: { type: 'lock', id: 'lock-1', sessionId: 'session-1' },
      config: { image: { ...image, signedUrl: linkTo(`extensions/${fileId}.webp`) } },
    },
    answer: { claimId: '7f1c7e4e9d1b4c0f8a7d5c3b', config: { image }, claimed: [fileId], deleted: [] },
  },
  'platform/claims-roll-back': {},
  'platform/compliance-documents-create': {
    request: { file: '(the bytes of contract.pdf)', formId: 'form-1', signatureUploadId: '66f2a1a00a1b2c3d4e5f6070' },
    answer: { document },
  },
  'platform/compliance-documents-delete': {},
  'platform/compliance-documents-get': {
    answer: { document, url: linkTo(key), expiresAt: '2026-11-20T10:01:00.000Z' },
  },
  'platform/compliance-documents-list': { answer: { items: [document] } },
  'platform/compliance-documents-upload': {
    request: { sizeBytes: 12_000_000, filename: 'contract.pdf', formId: 'form-1' },
    answer: presigned('application/pdf', 12_000_000),
  },
  'platform/exports-create': { request: 'date,amount\n2026-11-20,12\n', answer: { export: csv } },
  'platform/exports-upload': { request: { sizeBytes: 40_000_000 }, answer: presigned('text/csv', 40_000_000) },
  'platform/lifecycle-events': {
    request: { eventId: 'event-1', type: 'lock.deleted', lockId: 'lock-1' },
    answer: { eventId: 'event-1', status: 'accepted' },
  },
  'platform/members-put': {
    request: { status: 'active' },
    answer: { organizationId: 'org-1', userId: 'user-1', status: 'active', updatedAt: now },
  },
  'platform/scans-get': {
    answer: {
      fileId,
      sizeBytes: 383373,
      mimeType: 'image/png',
      etag: '"9b2cf535f27731c974343645a3985328"',
      url: linkTo('public/user-1/ac5af6e7-08f2-42d0-9900-fdb729c82951.png'),
      urlExpiresAt: now,
    },
  },
  'platform/scans-verdict': {
    request: { verdict: 'clean', engine: 'clamav 1.4.3/27800', etag: '"9b2cf535f27731c974343645a3985328"' },
    answer: { fileId, verdict: 'clean' },
  },
  'platform/signature-tokens-create': {
    request: { expiresInSeconds: 86_400 },
    answer: { token: '0123456789abcdefghijklmnopqrstuvwxyzABCDEFG', expiresAt: '2026-11-21T10:00:00.000Z' },
  },
};
