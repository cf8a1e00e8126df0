/** Signed URLs end; this asks for a new one in time, and once for everybody who asks meanwhile. */
import { serverNow } from './clock.ts';
import type { StoredFile } from './types.ts';

export interface Links {
  /** A URL of the file that works for at least `minLifeSeconds` more. Rejects with what `get` rejects with. */
  url(file: Pick<StoredFile, 'id' | 'signedUrl' | 'urlExpiresAt'> | string): Promise<string>;
  /** Asks for a new URL whatever the kept one says: for an image that failed to load. */
  refresh(fileId: string): Promise<string>;
}

type Link = Pick<StoredFile, 'signedUrl' | 'urlExpiresAt'>;

/**
 * Keeps the links of files and refreshes them, by the server's clock as far as an answer told it. In an iframe, `get` is
 * `(fileId) => bridge.request('files.get', { fileId })`; a page or backend takes its uploader's `get`.
 */
export function createLinks(options: {
  get: (fileId: string) => Promise<{ file: StoredFile }>;
  /** Life that a URL must have left to be handed out, seconds: it should outlast the loading. */
  minLifeSeconds?: number;
}): Links {
  const { get, minLifeSeconds = 30 } = options;
  const known = new Map<string, Link>();
  const asking = new Map<string, Promise<string>>();

  function refresh(id: string): Promise<string> {
    const same = asking.get(id);
    if (same) return same;
    const asked = get(id)
      .then(({ file }) => {
        known.set(id, file);
        return file.signedUrl;
      })
      .finally(() => asking.delete(id));
    asking.set(id, asked);
    return asked;
  }

  return {
    refresh,
    async url(file) {
      const id = typeof file === 'string' ? file : file.id;
      const links = typeof file === 'string' ? [known.get(id)] : [file, known.get(id)];
      const live = links.find((link) => link && Date.parse(link.urlExpiresAt) - serverNow() >= minLifeSeconds * 1000);
      return live?.signedUrl ?? refresh(id);
    },
  };
}
