/**
 * CORS: preflights are answered from the bucket's rules before any signature, and actual answers carry the headers of
 * the rule that matches. Differs from real R2: rules change at start only (R2 takes up to 30 s), an origin is exact or
 * `*`, and `*` in allowed headers matches nothing but itself.
 */
import { R2Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { CorsRule, Reply } from './types.ts';

const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** Answers `OPTIONS`. Throws AccessForbidden (403) when no rule allows the origin, method and every header. */
export function preflight(request: S3Request, rules: CorsRule[]): Reply {
  const origin = request.header('origin');
  const method = request.header('access-control-request-method');
  const asked = (request.header('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = rules.find((candidate) => {
    const allowed = candidate.allowedHeaders?.map((name) => name.toLowerCase()) ?? [];
    return allows(candidate, origin, method) && asked.every((name) => allowed.includes(name));
  });
  if (!rule || origin === undefined) {
    throw new R2Error('AccessForbidden', 'CORSResponse: This CORS request is not allowed.', { vary });
  }
  return {
    status: 204,
    headers: {
      ...originHeaders(rule, origin),
      'access-control-allow-methods': rule.allowedMethods.join(', '),
      ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
      ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    },
  };
}

/** Headers for an actual answer, errors included: without them a page cannot read why it was refused. */
export function corsHeaders(request: S3Request, rules: CorsRule[]): Record<string, string> {
  const origin = request.header('origin');
  if (origin === undefined || rules.length === 0) return {};
  const rule = rules.find((candidate) => allows(candidate, origin, request.method));
  if (!rule) return { vary };
  return {
    ...originHeaders(rule, origin),
    ...(rule.exposeHeaders?.length && { 'access-control-expose-headers': rule.exposeHeaders.join(', ') }),
  };
}

function allows(rule: CorsRule, origin: string | undefined, method: string | undefined): boolean {
  if (origin === undefined || method === undefined) return false;
  const knownOrigin = rule.allowedOrigins.includes('*') || rule.allowedOrigins.includes(origin);
  return knownOrigin && rule.allowedMethods.includes(method);
}

function originHeaders(rule: CorsRule, origin: string): Record<string, string> {
  return { 'access-control-allow-origin': rule.allowedOrigins.includes('*') ? '*' : origin, vary };
}
