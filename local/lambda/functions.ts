/** The functions of the stack, ready to be invoked by name, with the environment Lambda gives them and nothing else. */
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { aws, type Closable } from '../aws.ts';
import type { Authorizer } from '../iam/authorize.ts';
import type { FunctionSpec } from '../template/model.ts';
import { handlerFile } from '../template/read-functions.ts';
import { type InvokeResult, startInstance } from './instance.ts';
import { layerPackages } from './packages.ts';
import { createPool, type Pool } from './pool.ts';

/** Where the SDK finds each service. */
export interface Endpoints {
  dynamodb: string;
  sqs: string;
  secretsManager: string;
  eventBridge: string;
}

export interface FunctionsOptions {
  specs: FunctionSpec[];
  authorizer: Authorizer;
  /** Where the SDK finds each service, as `AWS_ENDPOINT_URL_<SERVICE>`. */
  endpoints: Endpoints;
  /** Each function's console output, and what Lambda says of each invocation, go to `<logDir>/<function>.log`. */
  logDir: string;
  /** Also writes errors, which are stderr and JSON lines of level ERROR, to our stderr. */
  echoErrors: boolean;
  maxInstancesPerFunction: number;
  idleMs: number;
  /** Stops instances between two invocations, as Lambda does. */
  freeze: boolean;
}

export interface Functions extends Closable {
  /** Throws only when there is no function of that name. */
  invoke(functionName: string, event: unknown, requestId?: string): Promise<InvokeResult>;
  /** Highest resident bytes by function, of those that ran. */
  peakRssBytes(): Record<string, number>;
  instanceCount(functionName: string): number;
}

/** Prepares a pool for every function; no process is started yet. Throws when a layer's packages do not fit. */
export function createFunctions(options: FunctionsOptions): Functions {
  mkdirSync(options.logDir, { recursive: true });
  const logs: WriteStream[] = [];
  const pools = new Map<string, { pool: Pool; log: WriteStream }>();

  for (const spec of options.specs) {
    const log = createWriteStream(path.join(options.logDir, `${spec.name}.log`), { flags: 'a' });
    logs.push(log);
    const dot = spec.handler.lastIndexOf('.');
    const boot = {
      handlerFile: handlerFile(spec.codeDir, spec.handler, spec.logicalId),
      handlerExport: spec.handler.slice(dot + 1),
      taskRoot: spec.codeDir,
      packages: layerPackages(spec.layers),
    };
    const start = () =>
      startInstance({
        boot,
        environment: environmentOf(spec, options),
        functionArn: spec.arn,
        timeoutSeconds: spec.timeoutSeconds,
        memoryMb: spec.memoryMb,
        freeze: options.freeze,
        onOutput(line, isError) {
          log.write(`${line}\n`);
          if (isError && options.echoErrors) process.stderr.write(`[${spec.name}] ${line}\n`);
        },
      });
    const maxInstances = Math.min(
      spec.reservedConcurrency ?? Number.POSITIVE_INFINITY,
      options.maxInstancesPerFunction,
    );
    const pool = createPool({ name: spec.name, start, maxInstances, idleMs: options.idleMs });
    pools.set(spec.name, { pool, log });
  }

  return {
    async invoke(functionName, event, requestId = randomUUID()) {
      const found = pools.get(functionName);
      if (!found) throw new Error(`There is no function ${functionName}`);
      const { pool, log } = found;
      platformLine(log, 'platform.start', { requestId });
      const result = await pool.invoke(event, requestId);
      const failed = result.ok ? undefined : { errorType: result.error.errorType };
      const status = result.ok ? 'success' : result.kind === 'timeout' ? 'timeout' : 'error';
      platformLine(log, 'platform.report', { requestId, status, ...failed });
      return result;
    },
    peakRssBytes: () =>
      Object.fromEntries(
        [...pools].map(([name, { pool }]) => [name, pool.peakRssBytes()]).filter(([, bytes]) => bytes !== 0),
      ),
    instanceCount: (functionName) => pools.get(functionName)?.pool.instanceCount() ?? 0,
    async close() {
      await Promise.all([...pools.values()].map(({ pool }) => pool.close()));
      await Promise.all(logs.map((log) => new Promise<void>((resolve) => log.end(resolve))));
    },
  };
}

/**
 * What Lambda itself writes about an invocation, by the request id under which the gateway's access log has it: all there
 * is of one that died. Source: Lambda developer guide, "Telemetry API Event schema reference".
 */
function platformLine(log: WriteStream, type: string, record: Record<string, unknown>): void {
  if (!log.writableEnded) log.write(`${JSON.stringify({ time: new Date().toISOString(), type, record })}\n`);
}

/** The template's variables and what Lambda itself sets; of ours only PATH, without which nothing native starts. */
export function environmentOf(
  spec: FunctionSpec,
  options: Pick<FunctionsOptions, 'authorizer' | 'endpoints'>,
): Record<string, string> {
  const credentials = options.authorizer.credentialsOf(spec.name);
  return {
    PATH: process.env.PATH ?? '',
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    ...spec.environment,
    AWS_REGION: aws.region,
    AWS_DEFAULT_REGION: aws.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: spec.codeDir,
    LAMBDA_RUNTIME_DIR: import.meta.dirname,
    _HANDLER: spec.handler,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: options.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: options.endpoints.sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: options.endpoints.secretsManager,
    AWS_ENDPOINT_URL_EVENTBRIDGE: options.endpoints.eventBridge,
  };
}
