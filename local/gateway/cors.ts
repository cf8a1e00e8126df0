/**
 * CORS as an HTTP API does it: a preflight that no route matches is answered by the gateway; one that a route matches
 * (OPTIONS, ANY, `$default`) goes to its function, whose status it keeps. On every response the gateway's headers replace
 * the function's. An origin that is not allowed gets no headers.
 * Sources: API Gateway developer guide, "Configure CORS for HTTP APIs"; aws/serverless-application-model#1603.
 */
import type { IncomingMessage } from 'node:http';
import type { CorsSpec } from '../template/read-api.ts';

/** Whether a request is a preflight. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Headers of a preflight's 204. */
export function preflightHeaders(cors: CorsSpec, request: IncomingMessage): Record<string, string> {
  const headers = responseHeaders(cors, request);
  if (!headers['access-control-allow-origin']) return {};
  delete headers['access-control-expose-headers'];
  if (cors.allowMethods.length > 0) headers['access-control-allow-methods'] = cors.allowMethods.join(',');
  if (cors.allowHeaders.length > 0) headers['access-control-allow-headers'] = cors.allowHeaders.join(',');
  if (cors.maxAgeSeconds !== undefined) headers['access-control-max-age'] = String(cors.maxAgeSeconds);
  return headers;
}

/** Headers every response to an allowed origin carries. */
export function responseHeaders(cors: CorsSpec, request: IncomingMessage): Record<string, string> {
  const { origin } = request.headers;
  if (origin === undefined) return {};
  const any = cors.allowOrigins.includes('*');
  if (!any && !cors.allowOrigins.some((allowed) => matches(allowed, origin))) return {};
  return {
    'access-control-allow-origin': any ? '*' : origin,
    ...(any ? {} : { vary: 'origin' }),
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(cors.exposeHeaders.length > 0 ? { 'access-control-expose-headers': cors.exposeHeaders.join(',') } : {}),
  };
}

/** `https://*` allows any origin of the scheme; anything else is exact. */
function matches(allowed: string, origin: string): boolean {
  if (/^https?:\/\/\*$/.test(allowed)) return origin.startsWith(allowed.slice(0, -1));
  return allowed.toLowerCase() === origin.toLowerCase();
}
