/** Reads HTTP APIs with their routes, integrations and CORS. */
import * as z from 'zod';
import { arn } from '../aws.ts';
import type { ApiSpec, Resource } from './model.ts';
import { flag, functionNameOf, int, parseProperties, qualifierOf } from './parse.ts';
import type { LocatedResource } from './stacks.ts';

const corsProperties = z.object({
  AllowOrigins: z.array(z.string()).default([]),
  AllowMethods: z.array(z.string()).default([]),
  AllowHeaders: z.array(z.string()).default([]),
  ExposeHeaders: z.array(z.string()).default([]),
  MaxAge: int.optional(),
  AllowCredentials: flag.default(false),
});

export interface CorsSpec {
  allowOrigins: string[];
  allowMethods: string[];
  allowHeaders: string[];
  exposeHeaders: string[];
  maxAgeSeconds?: number;
  allowCredentials: boolean;
}

const apiProperties = z.looseObject({
  ProtocolType: z.literal('HTTP', 'only HTTP APIs are supported locally'),
  CorsConfiguration: corsProperties.optional(),
});

const integrationProperties = z.looseObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY', 'only Lambda integrations are supported locally'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0', 'only payload format 2.0 is supported locally'),
  TimeoutInMillis: int.max(30_000).default(30_000),
});

const routeProperties = z.looseObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE'], 'authorizers are not supported locally').default('NONE'),
});

const stageProperties = z.looseObject({
  ApiId: z.string(),
  AccessLogSettings: z.looseObject({ Format: z.string() }).optional(),
});

/** Reads every API with its routes. Throws when a route points nowhere. */
export function readApis(resources: {
  apis: LocatedResource[];
  stages: Resource[];
  routes: Resource[];
  integrations: LocatedResource[];
}): ApiSpec[] {
  const stages = resources.stages.map((stage) => parseProperties(stageProperties, stage));
  const integrations = new Map(
    resources.integrations.map((resource) => [resource.ref, parseProperties(integrationProperties, resource)]),
  );
  return resources.apis.map((resource) => {
    const properties = parseProperties(apiProperties, resource);
    const id = resource.ref;
    const routes = resources.routes
      .map((route) => ({ logicalId: route.logicalId, ...parseProperties(routeProperties, route) }))
      .filter((route) => route.ApiId === id)
      .map((route) => {
        const integration = integrations.get(route.Target.replace(/^integrations\//, ''));
        if (!integration) throw new Error(`${route.logicalId}: integration ${route.Target} is not in the template`);
        return {
          routeKey: route.RouteKey,
          functionName: functionNameOf(integration.IntegrationUri),
          qualifier: qualifierOf(integration.IntegrationUri),
          timeoutMs: integration.TimeoutInMillis,
        };
      });
    const cors = properties.CorsConfiguration;
    const accessLogFormat = stages.find(({ ApiId }) => ApiId === id)?.AccessLogSettings?.Format;
    return {
      id,
      arn: arn('execute-api', id),
      routes,
      ...(cors && { cors: corsSpec(cors) }),
      ...(accessLogFormat !== undefined && { accessLogFormat }),
    };
  });
}

function corsSpec(cors: z.infer<typeof corsProperties>): CorsSpec {
  return {
    allowOrigins: cors.AllowOrigins,
    allowMethods: cors.AllowMethods,
    allowHeaders: cors.AllowHeaders,
    exposeHeaders: cors.ExposeHeaders,
    allowCredentials: cors.AllowCredentials,
    ...(cors.MaxAge === undefined ? {} : { maxAgeSeconds: cors.MaxAge }),
  };
}
