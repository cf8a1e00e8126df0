/** The page's side of its backend: where to upload to, and a token that is asked for again before it ends. */
import { createUploader, setupTarget } from '@stowage/client/uploader';

interface Session {
  baseUrl: string;
  appId: string;
  token: string;
}

const keptMs = 5 * 60_000;
let asked: { at: number; session: Promise<Session> } | undefined;

function session(): Promise<Session> {
  if (asked === undefined || Date.now() - asked.at > keptMs) {
    const found = fetch('/session.json').then((answer) => answer.json() as Promise<Session>);
    asked = { at: Date.now(), session: found };
    found.catch(() => {
      asked = undefined;
    });
  }
  return asked.session;
}

export const auth = async () => ({ authorization: `Bearer ${(await session()).token}` });

export const { baseUrl, appId } = await session();
export const target = setupTarget(appId);

/** Larger files are told so before anything is sent; bytes. */
export const maxBytes = 5_000_000;

/** One for as long as the page lives. */
export const uploader = createUploader({ baseUrl, target, auth });
