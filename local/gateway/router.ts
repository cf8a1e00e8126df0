/**
 * Picks a route as an HTTP API does: an exact path first (a literal segment before a variable), then the longest
 * greedy path, then `$default`. A path that matches with another method only is not found. `/x/` is another path than
 * `/x`, and what a greedy variable takes may be empty there. That a plain variable is never empty, and that no variable
 * stands for the root, is written nowhere; it is what was not seen to be otherwise.
 * Sources: API Gateway developer guide, "Routing API requests"; the end-to-end test `test_api_gateway_http_trailing_slash`
 * of aws-powertools/powertools-lambda-python; storacha/w3infra#166.
 */
import type { RouteSpec } from '../template/model.ts';

export interface Match {
  route: RouteSpec;
  /** Decoded path variables. */
  pathParameters: Record<string, string>;
}

interface Compiled {
  route: RouteSpec;
  method: string;
  segments: string[];
  greedy: boolean;
}

/** Compiles the routes of an API into a lookup by method and encoded path (`/v1/upload/`, no query). */
export function createRouter(routes: RouteSpec[]): (method: string, path: string) => Match | undefined {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  const compiled = routes.filter((route) => route !== fallback).map(compile);
  // A literal sorts before a variable, a variable before a greedy one, segment by segment.
  compiled.sort((a, b) => Number(a.greedy) - Number(b.greedy) || order(b.segments).localeCompare(order(a.segments)));

  return (method, path) => {
    const segments = path.split('/').slice(1);
    for (const exactMethod of [true, false]) {
      for (const candidate of compiled) {
        if (exactMethod ? candidate.method !== method : candidate.method !== 'ANY') continue;
        const pathParameters = match(candidate, segments);
        if (pathParameters) return { route: candidate.route, pathParameters };
      }
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}

function compile(route: RouteSpec): Compiled {
  const [method = '', path = ''] = route.routeKey.split(' ');
  const segments = path.split('/').slice(1);
  return { route, method, segments, greedy: segments.at(-1)?.endsWith('+}') ?? false };
}

function order(segments: string[]): string {
  return segments.map((segment) => (segment.endsWith('+}') ? '0' : segment.startsWith('{') ? '1' : '2')).join('');
}

function match({ segments, greedy }: Compiled, actual: string[]): Record<string, string> | undefined {
  if (greedy ? actual.length < segments.length : actual.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (!segment.startsWith('{')) {
      if (decode(actual[index] ?? '') !== segment) return undefined;
      continue;
    }
    const value = segment.endsWith('+}') ? actual.slice(index).join('/') : (actual[index] ?? '');
    if (value === '' && !(segment.endsWith('+}') && index > 0)) return undefined;
    parameters[segment.replace(/[{}+]/g, '')] = decode(value);
  }
  return parameters;
}

/** Whether a route takes whatever the others leave: `$default`, or a greedy variable at the root. */
export function isCatchAll({ routeKey }: RouteSpec): boolean {
  return /^(\$default|[A-Z]+ \/\{[^/]+\+\}|[A-Z]+ \/)$/.test(routeKey);
}

/** Percent-decodes; what is not valid percent-encoding stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
