/** What every answer must look like, field by field. */
import { expect } from 'vitest';
import type { Answer } from './support.ts';

export interface FileView {
  id: string;
  signedUrl: string;
  publicUrl: string;
  urlExpiresAt: string;
  sizeBytes: number;
  originalName: string;
  mimeType: string;
  purpose: string | null;
  uploadedAt: string;
  width: number;
  height: number;
  thumbhash: string;
  variants?: Record<string, { signedUrl: string; width: number; height: number; sizeBytes: number }>;
  staged?: true;
  draftId?: string | null;
  expiresAt?: string;
  readOnly?: true;
}

/** The file of a 201 or 200. */
export function fileOf(answer: Answer): FileView {
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return (answer.body as { file: FileView }).file;
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A file as the contract shows it (docs/contract.md, "A stored file"); every field, and none besides. */
export function expectFile(file: FileView, more: Partial<FileView> = {}): void {
  expect(file).toStrictEqual({
    id: expect.stringMatching(/^[0-9a-f]{24}$/),
    signedUrl: expect.stringMatching(/X-Amz-Algorithm=AWS4-HMAC-SHA256.*X-Amz-Signature=[0-9a-f]{64}/),
    publicUrl: file.signedUrl,
    urlExpiresAt: expect.stringMatching(isoTime),
    sizeBytes: expect.any(Number),
    originalName: 'photo.jpg',
    mimeType: 'image/webp',
    purpose: null,
    uploadedAt: expect.stringMatching(isoTime),
    width: expect.any(Number),
    height: expect.any(Number),
    thumbhash: expect.stringMatching(/^[A-Za-z0-9+/]{20,40}=*$/),
    ...more,
  });
}

/** The one error body: exactly its five fields, and nothing of how the service is built. */
export function expectError(answer: Answer, status: number, code: string, details?: unknown): void {
  const body = answer.body as Record<string, unknown>;
  const seen = `${answer.status} ${JSON.stringify(body)}`;
  expect(body, seen).toStrictEqual({
    status: 'error',
    code,
    message: expect.stringMatching(/^[A-Z"].{5,}\S$/),
    requestId: expect.stringMatching(/^\S+$/),
    ...(body.details !== undefined && { details: expect.any(Object) }),
  });
  expect(answer.status, seen).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(seen).not.toMatch(/dynamo|amazonaws|\bsharp\b|vips|node_modules|\n\s+at /i);
  if (details !== undefined) expect(body.details).toEqual(details);
}
