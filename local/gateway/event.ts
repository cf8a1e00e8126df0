/**
 * Builds the payload format 2.0 event of an HTTP API request. Differs from AWS: the stage is always `$default`, and
 * `sourceIp` is the loopback address.
 */
import type { IncomingMessage } from 'node:http';
import { aws } from '../aws.ts';
import { clfTime } from './access-log.ts';
import { decode, type Match } from './router.ts';

export interface EventOptions {
  request: IncomingMessage;
  body: Buffer;
  match: Match;
  apiId: string;
  requestId: string;
  now: Date;
}

/** Hop-by-hop headers end at the gateway; cookies travel in a field of their own. */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'cookie',
  'expect',
]);

/** Content types whose body arrives as text; every other body, and one without a type, arrives in base64. */
const textual = /^(text\/[^;]*|application\/(json|xml|javascript|vnd\.api\+json))\s*(;|$)/i;

/** The event as a function sees it. */
export function requestEvent(options: EventOptions): Record<string, unknown> {
  const { request, body, match } = options;
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const rawPath = decode(mark < 0 ? url : url.slice(0, mark));
  const rawQueryString = mark < 0 ? '' : url.slice(mark + 1);
  const { headers, cookies } = headersOf(request, body.length);
  const method = request.method ?? 'GET';
  const host = headers.host ?? '';
  const isBase64Encoded = body.length > 0 && !textual.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(rawQueryString === '' ? {} : { queryStringParameters: queryOf(rawQueryString) }),
    requestContext: {
      accountId: aws.accountId,
      apiId: options.apiId,
      domainName: host,
      domainPrefix: host.split(/[.:]/)[0],
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: options.requestId,
      routeKey: match.route.routeKey,
      stage: '$default',
      time: clfTime(options.now),
      timeEpoch: options.now.getTime(),
    },
    ...(Object.keys(match.pathParameters).length > 0 ? { pathParameters: match.pathParameters } : {}),
    ...(body.length > 0 ? { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') } : {}),
    isBase64Encoded,
  };
}

function headersOf(request: IncomingMessage, length: number): { headers: Record<string, string>; cookies: string[] } {
  const values = new Map<string, string[]>();
  const cookies: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index]?.toLowerCase() ?? '';
    const value = request.rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter(Boolean));
    if (!dropped.has(name)) values.set(name, [...(values.get(name) ?? []), value]);
  }
  const headers = Object.fromEntries([...values].map(([name, all]) => [name, all.join(',')]));
  if (length > 0) headers['content-length'] = String(length);
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], '127.0.0.1'].filter(Boolean).join(', ');
  headers['x-forwarded-port'] = headers.host?.split(':')[1] ?? '80';
  headers['x-forwarded-proto'] = 'http';
  return { headers, cookies };
}

function queryOf(query: string): Record<string, string> {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.join(',')]));
}
