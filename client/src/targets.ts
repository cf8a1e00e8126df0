/** Where uploads go: the paths of one of the API's surfaces, and how it answers (docs/contract.md, "Direct upload"). */
import { segment } from './segment.ts';
import type { FileList, StoredFile, UploadAnswer, UploadedFile } from './types.ts';

/** What a list is asked for, a page at a time. */
export interface ListQuery {
  /** Only in setup. */
  purpose?: string | undefined;
  /** Only in setup: of all drafts without it. */
  draftId?: string | undefined;
  cursor?: string | undefined;
}

/** `A` is what the surface answers to a finished upload, `F` what its lists are made of. */
export interface UploadTarget<A = UploadAnswer, F = StoredFile> {
  form: string;
  presign: string;
  complete: string;
  /** Where parts of an upload are asked for; only of surfaces that take files in parts. */
  parts?(uploadId: string): string;
  read(fileId: string): string;
  remove(fileId: string): string;
  list(query: ListQuery): string;
  /** A page of a list, out of the surface's envelope. */
  pageOf(answer: unknown): { items: F[]; cursor?: string | undefined };
  /** What the surface wants to know of every upload, beside the file. */
  declared?: Record<string, unknown>;
  /** What an answer holds, out of the surface's envelope. */
  open(answer: unknown): unknown;
  idOf(stored: A): string;
}

const extension = {
  open: (answer: unknown) => answer,
  idOf: ({ file }: UploadAnswer) => file.id,
  pageOf: (answer: unknown) => answer as FileList,
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
    list: ({ purpose, draftId, cursor }) => withQuery(`${files}/staged`, { purpose, draftId, cursor }),
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
    list: ({ cursor }) => withQuery(files, { cursor }),
  };
}

/** A user's own files of any type: public ones open at their `url`, private ones by signed links only. */
export function uploadsTarget(visibility: 'public' | 'private'): UploadTarget<UploadedFile, UploadedFile> {
  const uploads = '/v1/upload';
  const file = (fileId: string) => `${uploads}/${segment(fileId)}`;
  return {
    form: visibility === 'private' ? `${uploads}/private` : uploads,
    presign: `${uploads}/presign`,
    complete: `${uploads}/complete`,
    parts: (uploadId) => `${file(uploadId)}/parts`,
    read: file,
    remove: file,
    // An empty cursor begins a walk; without one there are numbered pages, which shift while files come and go.
    list: ({ cursor = '' }) => withQuery(uploads, { cursor, limit: '100' }),
    pageOf(answer) {
      const { data, cursor } = (answer as { data: { data: UploadedFile[]; cursor?: string } }).data;
      return { items: data, cursor };
    },
    declared: { private: visibility === 'private' },
    open: (answer) => (answer as { data?: unknown } | undefined)?.data,
    idOf: ({ _id }) => _id,
  };
}

function withQuery(path: string, query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}
