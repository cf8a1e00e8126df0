/**
 * The deployed product: wires the constructs by the route table and owns no rule of its own. What holds data, the API and the
 * alarms are in this stack; the functions are in stacks nested in it, one for each folder.
 */
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { Function as Lambda, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { envNames } from '../functions/runtime/env-names.ts';
import { configWarnings, type StowageConfig } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { endpointTimeoutSeconds, StowageApi } from './constructs/api.ts';
import { EndpointFunction } from './constructs/endpoint-function.ts';
import { constructId, FunctionGroups } from './constructs/function-group.ts';
import type { Grant } from './constructs/grant.ts';
import { grantR2, grantR2Names } from './constructs/r2-access.ts';
import { runOnSchedule } from './constructs/schedule.ts';
import { sharpLayer } from './constructs/sharp-layer.ts';
import { StreamFailures } from './constructs/stream-failures.ts';
import { StowageTable } from './constructs/table.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import { fallbackKey, type RouteTable, type Use, type WorkerSource } from './routes.ts';

export interface StowageStackProps {
  config: StowageConfig;
  routes: RouteTable;
  /** Folder of each function's code, by the key of its row. */
  codeDirs: Readonly<Record<string, string>>;
  /** Folder of the sharp layer; called only when a row uses it. */
  layerDir: () => string;
}

/** What every function gets, whatever its row says. */
function common({ cacheSeconds }: StowageConfig): Grant {
  return { environment: { [envNames.cacheSeconds]: String(cacheSeconds) }, statements: [] };
}

/** What a function needs to check tokens: addresses, no rights. */
function tokens({ tokens: { jwksUrl, issuer, audience } }: StowageConfig): Grant {
  const environment = {
    [envNames.jwksUrl]: jwksUrl,
    [envNames.tokenIssuer]: issuer,
    [envNames.tokenAudience]: audience,
  };
  return { environment, statements: [] };
}

export class StowageStack extends Stack {
  constructor(scope: Construct, { config, routes, codeDirs, layerDir }: StowageStackProps) {
    super(scope, `stowage-${config.stage}`, { description: 'Stowage: file storage, bytes in Cloudflare R2' });
    configWarnings(config).forEach((text, index) => {
      Annotations.of(this).addWarningV2(`stowage:config-${index}`, text);
    });

    const { protectData, logRetentionDays } = config;
    const slowest = (queue: 'cleanup' | 'lifecycle') =>
      Math.max(
        30,
        ...Object.values(routes.workers).flatMap(({ source, timeoutSeconds }) =>
          'queue' in source && source.queue === queue ? timeoutSeconds : [],
        ),
      );
    const table = new StowageTable(this, 'Table', { protectData });
    const queues = {
      cleanup: new WorkQueue(this, 'Cleanup', {
        workerTimeoutSeconds: slowest('cleanup'),
        urlName: envNames.cleanupQueueUrl,
      }),
      lifecycle: new WorkQueue(this, 'Lifecycle', {
        workerTimeoutSeconds: slowest('lifecycle'),
        urlName: envNames.lifecycleQueueUrl,
      }),
    };
    const failures = new StreamFailures(this, 'ExpiryFailures');
    const api = new StowageApi(this, 'Api', config);
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail });
    alarms.onDeadLetters('Cleanup', queues.cleanup.deadLetters);
    alarms.onDeadLetters('Lifecycle', queues.lifecycle.deadLetters);
    alarms.onStreamFailures('Expiry', failures);
    alarms.onServerErrors(api.httpApi);

    const groups = new FunctionGroups(this, 'Functions');
    let layer: LayerVersion | undefined;
    const grantOf: Record<Use, () => Grant | undefined> = {
      'table.read': () => table.grantRead(),
      'table.write': () => table.grantWrite(),
      'table.scan': () => table.grantScan(config.orphanGraceDays),
      r2: () => grantR2(this, config.r2),
      'r2.names': () => grantR2Names(config.r2),
      'cleanup.send': () => queues.cleanup.grantSend(),
      'lifecycle.send': () => queues.lifecycle.grantSend(),
      images: () => undefined,
    };
    const addFunction = (
      key: string,
      row: { uses: readonly Use[]; summary: string; source?: WorkerSource },
      timeoutSeconds: number,
      grants: Grant[],
    ) => {
      const images = row.uses.includes('images');
      if (images) layer ??= sharpLayer(this, 'SharpLayer', layerDir());
      const codeDir = codeDirs[key];
      if (!codeDir) throw new Error(`No bundle for the row '${key}'`);
      return new EndpointFunction(groups.of(key), constructId(key), {
        summary: row.summary,
        codeDir,
        timeoutSeconds,
        grants: [common(config), ...grants, ...row.uses.flatMap((use) => grantOf[use]() ?? [])],
        ...(images && layer && { imageLayer: layer, reservedConcurrency: config.imageConcurrency }),
        sendsToItself: row.source !== undefined && 'queue' in row.source && row.source.queue === 'cleanup',
        logRetentionDays,
        protectData,
      }).lambda;
    };

    for (const [key, row] of Object.entries(routes.endpoints)) {
      const grants = row.auth === 'public' ? [] : [tokens(config)];
      api.addRoute(row, addFunction(key, row, endpointTimeoutSeconds, grants));
    }
    if (routes.fallback) {
      const row = routes.fallback;
      api.addFallback(row, addFunction(fallbackKey, row, endpointTimeoutSeconds, [tokens(config)]));
    }
    for (const [key, row] of Object.entries(routes.workers)) {
      const worker = (grants: Grant[]) => addFunction(key, row, row.timeoutSeconds, grants);
      const lambda = this.wake(row.source, worker, { table, queues, failures });
      alarms.onWorkerErrors(constructId(key), lambda);
      // Where nothing is stored no run can get through, and none is missed.
      if (row.watch && config.r2) alarms.onWatchedLines(constructId(key), lambda.logGroup, row.watch);
    }
    groups.warnOfLittleRoom();
    new CfnOutput(this, 'LifecycleQueueUrl', {
      value: queues.lifecycle.url,
      description: 'Where the platform may send lifecycle events directly',
    });
    new CfnOutput(this, 'Url', { value: api.httpApi.apiEndpoint, description: 'Where the API answers' });
  }

  /** Makes the worker with the rights its source needs and connects the two. */
  private wake(
    source: WorkerSource,
    worker: (grants: Grant[]) => Lambda,
    sources: { table: StowageTable; queues: Record<'cleanup' | 'lifecycle', WorkQueue>; failures: StreamFailures },
  ): Lambda {
    const { table, queues, failures } = sources;
    if ('queue' in source) {
      const queue = queues[source.queue];
      const lambda = worker([queue.grantConsume()]);
      queue.feed(lambda, source.batchSize);
      return lambda;
    }
    if ('schedule' in source) {
      const lambda = worker([]);
      runOnSchedule(Stack.of(lambda), lambda, source.schedule);
      return lambda;
    }
    const lambda = worker([table.grantStream(failures)]);
    table.feedExpired(lambda, source.batchSize, failures);
    return lambda;
  }
}
