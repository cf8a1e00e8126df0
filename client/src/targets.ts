/** Where uploads go: the paths of one of the API's surfaces, and how it answers (docs/contract.md, "Direct upload"). */
import { segment } from './segment.ts';
import type { UploadAnswer, UploadedFile } from './types.ts';

/** `A` is what the surface answers to a finished upload. */
export interface UploadTarget<A = UploadAnswer> {
  form: string;
  presign: string;
  complete: string;
  read(fileId: string): string;
  remove(fileId: string): string;
  /** What the surface wants to know of every upload, beside the file. */
  declared?: Record<string, unknown>;
  /** What an answer holds, out of the surface's envelope. */
  open(answer: unknown): unknown;
  idOf(stored: A): string;
}

const extension = {
  open: (answer: unknown) => answer,
  idOf: ({ file }: UploadAnswer) => file.id,
};

/** Staged files of a setup screen; the caller proves to be a user. */
export function setupTarget(appId: string): UploadTarget {
  const files = `/api/extensions/apps/${segment(appId)}/files`;
  return {
    ...extension,
    form: `${files}/stage`,
    presign: `${files}/presign`,
    complete: `${files}/complete`,
    read: (fileId) => `${files}/${segment(fileId)}`,
    remove: (fileId) => `${files}/staged/${segment(fileId)}`,
  };
}

/** Files of a running session; the caller is the extension's backend. */
export function sessionTarget(sessionId: string): UploadTarget {
  const files = `/api/extensions/sessions/${segment(sessionId)}/files`;
  const file = (fileId: string) => `${files}/${segment(fileId)}`;
  return {
    ...extension,
    form: files,
    presign: `${files}/presign`,
    complete: `${files}/complete`,
    read: file,
    remove: file,
  };
}

/** A user's own files of any type: public ones open at their `url`, private ones by signed links only. */
export function uploadsTarget(visibility: 'public' | 'private'): UploadTarget<UploadedFile> {
  const uploads = '/v1/upload';
  const file = (fileId: string) => `${uploads}/${segment(fileId)}`;
  return {
    form: visibility === 'private' ? `${uploads}/private` : uploads,
    presign: `${uploads}/presign`,
    complete: `${uploads}/complete`,
    read: file,
    remove: file,
    declared: { private: visibility === 'private' },
    open: (answer) => (answer as { data?: unknown } | undefined)?.data,
    idOf: ({ _id }) => _id,
  };
}
