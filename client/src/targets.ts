/** Where an upload goes: the paths of one of the API's surfaces (contract, sections 3 and 7). */
export interface UploadTarget {
  form: string;
  presign: string;
  complete: string;
  read(fileId: string): string;
  remove(fileId: string): string;
}

/** Staged files of a setup screen; the caller proves to be a user. */
export function setupTarget(appId: string): UploadTarget {
  const files = `/api/extensions/apps/${encodeURIComponent(appId)}/files`;
  return {
    form: `${files}/stage`,
    presign: `${files}/presign`,
    complete: `${files}/complete`,
    read: (fileId) => `${files}/${encodeURIComponent(fileId)}`,
    remove: (fileId) => `${files}/staged/${encodeURIComponent(fileId)}`,
  };
}

/** Files of a running session; the caller is the extension's backend. */
export function sessionTarget(sessionId: string): UploadTarget {
  const files = `/api/extensions/sessions/${encodeURIComponent(sessionId)}/files`;
  const file = (fileId: string) => `${files}/${encodeURIComponent(fileId)}`;
  return { form: files, presign: `${files}/presign`, complete: `${files}/complete`, read: file, remove: file };
}
