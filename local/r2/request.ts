/**
 * The first step: what a request's line and headers say, before anything is believed. Differs from real R2: only
 * path-style addresses (`/<bucket>/<key>`) are understood.
 */
import type { IncomingMessage } from 'node:http';
import { R2Error } from './errors.ts';

export interface S3Request {
  raw: IncomingMessage;
  method: string;
  /** As it came, percent-encoded, without the query. */
  rawPath: string;
  /** Decoded: `/bucket/key`. */
  path: string;
  bucket: string | undefined;
  key: string | undefined;
  query: QueryPairs;
  /** First value of a query parameter, names matched exactly. */
  param(name: string): string | undefined;
  /** A header by its lower-case name; `x-amz-*` may also come hoisted into a presigned query, and means the same there. */
  header(name: string): string | undefined;
  /** All `x-amz-*` headers, hoisted ones included. */
  amzHeaders(): Map<string, string>;
}

export type QueryPairs = [name: string, value: string][];

const maxKeyBytes = 1024;

/** Takes the request line apart. Throws InvalidURI for an undecodable path and InvalidObjectName above 1024 bytes of key. */
export function parseRequest(raw: IncomingMessage): S3Request {
  const url = raw.url ?? '/';
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  if (!rawPath.startsWith('/')) throw new R2Error('InvalidURI', 'The request must name a path.');
  const path = decode(rawPath);
  const slash = path.indexOf('/', 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (Buffer.byteLength(key) > maxKeyBytes) {
    throw new R2Error('InvalidObjectName', `The key is too long: at most ${maxKeyBytes} bytes.`);
  }

  const query = mark < 0 ? [] : parseQuery(url.slice(mark + 1));
  const hoisted = new Map<string, string>();
  for (const [name, value] of query) {
    if (/^x-amz-/i.test(name) && !hoisted.has(name.toLowerCase())) hoisted.set(name.toLowerCase(), headerText(value));
  }
  const header = (name: string) => {
    const value = raw.headers[name];
    return (
      (Array.isArray(value) ? value.join(',') : value) ?? (name.startsWith('x-amz-') ? hoisted.get(name) : undefined)
    );
  };
  return {
    raw,
    method: raw.method ?? 'GET',
    rawPath,
    path,
    bucket: bucket === '' ? undefined : bucket,
    key: key === '' ? undefined : key,
    query,
    param: (name) => query.find((pair) => pair[0] === name)?.[1],
    header,
    amzHeaders() {
      const all = new Map(hoisted);
      for (const name of Object.keys(raw.headers)) {
        if (name.startsWith('x-amz-')) all.set(name, header(name) ?? '');
      }
      return all;
    },
  };
}

function parseQuery(text: string): QueryPairs {
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))];
    });
}

/** Percent-decoding as UTF-8. Throws InvalidURI. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new R2Error('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/**
 * A query value that stands for a header, as the header would have arrived: its UTF-8 bytes read as latin1. Throws
 * InvalidArgument for what no header can hold, since it will be served as one.
 */
export function headerText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what must not reach a header
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw new R2Error('InvalidArgument', 'A query parameter that stands for a header holds control characters.');
  }
  return Buffer.from(value, 'utf8').toString('latin1');
}
