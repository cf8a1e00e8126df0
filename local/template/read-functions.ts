/** Reads functions, their layers and who may invoke them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { arn } from '../aws.ts';
import type { FunctionSpec, LayerSpec, PermissionSpec, Resource } from './model.ts';
import { functionNameOf, int, parseProperties, qualifierOf } from './parse.ts';
import type { LocatedResource } from './stacks.ts';

const code = z.object({ S3Bucket: z.string(), S3Key: z.string() });

/** Lambda runs a failed asynchronous invocation twice more (Lambda developer guide, "Asynchronous invocation"). */
const defaultRetries = 2;

const functionProperties = z.looseObject({
  Code: code,
  Handler: z.string(),
  Runtime: z.string().startsWith('nodejs', 'only Node.js runtimes run locally'),
  Role: z.string(),
  Timeout: int.default(3),
  MemorySize: int.default(128),
  Layers: z.array(z.string()).default([]),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  ReservedConcurrentExecutions: int.optional(),
  LoggingConfig: z.looseObject({ LogGroup: z.string().optional() }).optional(),
  VpcConfig: z.undefined('a VPC has no local counterpart').optional(),
});

const invokeConfigProperties = z.looseObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST', 'only $LATEST runs locally'),
  MaximumRetryAttempts: int.pipe(z.number().min(0).max(2)).default(defaultRetries),
  DestinationConfig: z.undefined('destinations of asynchronous invocations are not supported locally').optional(),
});

const layerProperties = z.looseObject({ Content: code });

/** Reads all functions. Throws when code, handler file or layer is not where the template says. */
export function readFunctions(
  functions: LocatedResource[],
  layers: LocatedResource[],
  invokeConfigs: Resource[],
): FunctionSpec[] {
  const retries = new Map(
    invokeConfigs.map((resource) => {
      const properties = parseProperties(invokeConfigProperties, resource);
      return [functionNameOf(properties.FunctionName), properties.MaximumRetryAttempts] as const;
    }),
  );
  const byArn = new Map<string, LayerSpec>();
  for (const layer of layers) {
    const layerArn = arn('lambda', `layer:${layer.name}:1`);
    parseProperties(layerProperties, layer);
    byArn.set(layerArn, { arn: layerArn, dir: layer.assetPath() });
  }
  return functions.map((resource) => {
    const properties = parseProperties(functionProperties, resource);
    const { logicalId, name } = resource;
    const codeDir = resource.assetPath();
    handlerFile(codeDir, properties.Handler, logicalId);
    return {
      logicalId,
      name,
      arn: arn('lambda', `function:${name}`),
      runtime: properties.Runtime,
      handler: properties.Handler,
      codeDir,
      layers: properties.Layers.map((layer) => {
        const spec = byArn.get(layer);
        if (!spec) throw new Error(`${logicalId}: layer ${layer} is not in the template`);
        return spec;
      }),
      environment: properties.Environment?.Variables ?? {},
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      ...(properties.ReservedConcurrentExecutions === undefined
        ? {}
        : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
      asyncRetries: retries.get(name) ?? defaultRetries,
      roleName: properties.Role.split('/').at(-1) ?? '',
      logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    };
  });
}

/** The file a handler names, `.mjs` before `.js` before `.cjs`, as the runtime looks for it. Throws when there is none. */
export function handlerFile(codeDir: string, handler: string, logicalId: string): string {
  const file = handler.slice(0, handler.lastIndexOf('.'));
  for (const extension of ['.mjs', '.js', '.cjs']) {
    const candidate = path.join(codeDir, file + extension);
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(`${logicalId}: handler ${handler} has no file in its code`);
}

const permissionProperties = z.looseObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

/** Reads resource policies of functions: who may invoke which. */
export function readPermissions(resources: Resource[]): PermissionSpec[] {
  return resources.map((resource) => {
    const { Action, FunctionName, Principal, SourceArn } = parseProperties(permissionProperties, resource);
    return {
      functionName: functionNameOf(FunctionName),
      qualifier: qualifierOf(FunctionName),
      action: Action,
      principal: Principal,
      ...(SourceArn === undefined ? {} : { sourceArn: SourceArn }),
    };
  });
}
