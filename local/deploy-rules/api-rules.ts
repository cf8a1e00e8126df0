/** HTTP APIs. Sources: API Gateway developer guide, "Create routes for HTTP APIs", "Quotas for HTTP APIs", "Configure CORS". */
import * as z from 'zod';
import type { Resource } from '../template/model.ts';

const methods = ['ANY', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const mostRoutes = 300;
const mostIntegrations = 300;

/** What is wrong with a route key, or undefined. */
export function routeKeyFault(key: string): string | undefined {
  if (key === '$default') return undefined;
  const [method = '', path, ...more] = key.split(' ');
  if (!methods.includes(method)) return `has the method ${method}, which is none of ${methods.join(', ')}`;
  if (path === undefined || more.length > 0) return 'is not a method, one blank and a path';
  if (!path.startsWith('/')) return 'has a path that does not begin with a slash';
  if (path === '/') return undefined;
  if (path.endsWith('/')) return 'has a path that ends with a slash';
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '') return 'has an empty part in its path';
    const [, , greedy] = /^\{([\w.-]+)(\+?)\}$/.exec(segment) ?? [];
    if (greedy === undefined && !/^[\w.~:@!$&'()*,;=%-]+$/.test(segment)) return `has "${segment}" in its path`;
    if (greedy === '+' && index < segments.length - 1) return 'has a greedy variable before the end of its path';
  }
  const names = segments.filter((segment) => segment.startsWith('{')).map((segment) => segment.replace('+', ''));
  return names.length > new Set(names).size ? 'has two variables of one name' : undefined;
}

export const route = z.looseObject({
  RouteKey: z.string().superRefine((key, context) => {
    const fault = routeKeyFault(key);
    if (fault) context.addIssue({ code: 'custom', message: `"${key}" ${fault}` });
  }),
});

export const integration = z.looseObject({
  TimeoutInMillis: z.coerce.number().int().min(50).max(30_000).optional(),
  PayloadFormatVersion: z.enum(['1.0', '2.0']).optional(),
});

const cors = z
  .looseObject({
    AllowOrigins: z.array(z.string().regex(/^(\*|https?:\/\/.+|.+-extension:\/\/.+)$/, 'is no origin')).default([]),
    AllowMethods: z.array(z.enum(['*', ...methods.filter((method) => method !== 'ANY')])).default([]),
    AllowCredentials: z.union([z.boolean(), z.string()]).optional(),
    MaxAge: z.coerce.number().int().min(-1).max(86_400).optional(),
  })
  .refine(
    ({ AllowOrigins, AllowCredentials }) => !(AllowOrigins.includes('*') && String(AllowCredentials) === 'true'),
    {
      message: 'allows credentials of every origin',
    },
  );

export const api = z.looseObject({ Name: z.string().min(1).max(128).optional(), CorsConfiguration: cors.optional() });

/** A stage may be `$default`; its name is part of the address otherwise. */
export const stage = z.looseObject({ StageName: z.string().regex(/^(\$default|[\w-]{1,128})$/, 'is no stage name') });

/** A path with other variable names is the same path, so the second route of a method conflicts with the first. */
export function oneApi(resources: readonly Resource[]): string[] {
  const seen = new Map<string, string>();
  const routes = resources.filter(({ type }) => type === 'AWS::ApiGatewayV2::Route');
  const conflicts = routes.flatMap(({ logicalId, properties }) => {
    const { ApiId, RouteKey } = properties as { ApiId: string; RouteKey: string };
    const shape = `${ApiId} ${RouteKey.replace(/\{[^}]*?(\+?)\}/g, '{$1}')}`;
    const other = seen.get(shape);
    seen.set(shape, logicalId);
    return other ? [`${logicalId}: "${RouteKey}" conflicts with the route ${other}`] : [];
  });
  const integrations = resources.filter(({ type }) => type === 'AWS::ApiGatewayV2::Integration').length;
  return [
    ...conflicts,
    ...(routes.length > mostRoutes ? [`${routes.length} routes are more than the ${mostRoutes} of an API`] : []),
    ...(integrations > mostIntegrations ? [`${integrations} integrations are more than ${mostIntegrations}`] : []),
  ];
}
