/**
 * Where the page is: all of it in the hash, so that any static host serves it and a link or a reload leads back. A path, then
 * what narrows the view: `#/apps/demo-app/files?state=staged&file=66f2…`. A token is never part of it.
 */
import { useMemo, useSyncExternalStore } from 'react';

export interface Route {
  path: string;
  segments: string[];
  params: URLSearchParams;
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

const current = () => location.hash;

/** The address as it is, followed as it changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, current);
  return useMemo(() => parse(hash), [hash]);
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path, segments: path.split('/').filter(Boolean).map(decoded), params: new URLSearchParams(query) };
}

/** Somebody may have typed it: half an escape is shown as it is. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export type Params = Record<string, string | undefined>;

/** A link to a view. Segments are ids and may hold anything. */
export function href(segments: string[], params: Params = {}): string {
  const said = Object.entries(params).filter((entry): entry is [string, string] => !!entry[1]);
  const query = said.length > 0 ? `?${new URLSearchParams(said)}` : '';
  return `#/${segments.map(encodeURIComponent).join('/')}${query}`;
}

/** Goes there, with an entry in the history. */
export function go(segments: string[], params?: Params): void {
  location.hash = href(segments, params);
}

/**
 * Changes parameters of the present view. Without an entry in the history unless `push`: whoever goes back wants to leave the
 * search, not each of its letters.
 */
export function setParams(change: Params, { push = false } = {}): void {
  const { segments, params } = parse(location.hash);
  const next = href(segments, { ...Object.fromEntries(params), ...change });
  if (next === location.hash) return;
  if (push) location.hash = next;
  else {
    history.replaceState(null, '', next);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
