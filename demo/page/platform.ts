/**
 * The platform as this page plays it: who is signed in, what was saved, and calls with tokens of `/__local/tokens`.
 * In earnest the user's token is the page's and the platform's own calls are its backend's.
 */
import { errorOfAnswer, parseJson } from '../../client/src/errors.ts';
import { mint } from './mint.ts';

export const { appId = '', userId = '', extensionOrigin = '' } = document.body.dataset;

export interface SavedTarget {
  type: 'lock' | 'template';
  id: string;
  /** A lock has its running session. */
  sessionId?: string;
  /** Locks that were cloned from the template. */
  clones?: string[];
}

interface Desk {
  /** Names what is uploaded between two saves. */
  draftId: string;
  target?: SavedTarget;
  config?: unknown;
}

const storageKey = 'stowage.demo';

/** What the platform would have in its database; kept in this browser. */
export const desk: Desk = read();

/** Changes what is kept. */
export function keep(change: Partial<Desk>): void {
  Object.assign(desk, change);
  localStorage.setItem(storageKey, JSON.stringify(desk));
}

/** A name nobody has yet, like `lock-4f1c2a9be0`. */
export function newName(kind: string): string {
  return `${kind}-${Array.from(crypto.getRandomValues(new Uint8Array(5)), hex).join('')}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function read(): Desk {
  const kept = parseJson(localStorage.getItem(storageKey) ?? '') as Desk | undefined;
  const fresh = kept ?? { draftId: newName('draft') };
  localStorage.setItem(storageKey, JSON.stringify(fresh));
  return fresh;
}

export type Role = 'user' | 'platform' | 'admin' | { sessionId: string };

const tokens = new Map<string, Promise<string>>();

/** A live token of that role. They are good for twelve hours; a page that is open longer asks again. */
export function token(role: Role): Promise<string> {
  const key = JSON.stringify(role);
  const asked = tokens.get(key) ?? mint(claimsOf(role));
  tokens.set(key, asked);
  asked.then(
    () => setTimeout(() => tokens.delete(key), 3_600_000),
    () => tokens.delete(key),
  );
  return asked;
}

function claimsOf(role: Role): object {
  if (role === 'user') return { token_use: 'user', sub: userId };
  if (typeof role === 'string') return { token_use: 'service', scope: role };
  return { token_use: 'session', sub: userId, appId, ...role, lockId: role.sessionId.replace('session', 'lock') };
}

/** Calls the API. Rejects with a `StowageError`. */
export async function call<T>(role: Role, method: string, path: string, body?: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${await token(role)}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(path, { method, headers, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw errorOfAnswer({ status: answer.status, text });
  return parseJson(text) as T;
}
