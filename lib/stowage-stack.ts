/**
 * The deployed product: wires the constructs by the route table and owns no rule of its own. Endpoints lie in nested
 * stacks, one a folder; everything that holds data, and what it wakes, lies here.
 */
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { EventSourceMapping, Function as Lambda, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { envNames } from '../functions/runtime/env-names.ts';
import { configWarnings, type StowageConfig } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { endpointTimeoutSeconds, StowageApi } from './constructs/api.ts';
import { deadLetterGrants } from './constructs/dead-letters.ts';
import { EndpointFunction } from './constructs/endpoint-function.ts';
import { Events } from './constructs/events.ts';
import type { Grant } from './constructs/grant.ts';
import { grantR2, grantR2Names } from './constructs/r2-access.ts';
import { Room, roomOf } from './constructs/room.ts';
import { scanGrants } from './constructs/scan-queue.ts';
import { runOnSchedule } from './constructs/schedule.ts';
import { sharpLayer } from './constructs/sharp-layer.ts';
import { StreamFailures } from './constructs/stream-failures.ts';
import { StowageTable } from './constructs/table.ts';
import { TrafficShift } from './constructs/traffic-shift.ts';
import { watch } from './constructs/watch.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import { fallbackKey, type RouteTable, type Use, type WorkerSource } from './routes.ts';
import { isWanted, timeoutOf } from './worker-sources.ts';

export interface StowageStackProps {
  config: StowageConfig;
  routes: RouteTable;
  /** Folder of each function's code, by the key of its row. */
  codeDirs: Readonly<Record<string, string>>;
  /** Folder of the sharp layer; called only when a row uses it. */
  layerDir: () => string;
  /** Of the one-machine cloud: webhooks may be on this machine. */
  local: boolean;
}

/** What every function gets, whatever its row says. */
function common({ cacheSeconds, stage }: StowageConfig): Grant {
  const environment = {
    [envNames.cacheSeconds]: String(cacheSeconds),
    [envNames.metricsService]: stackNameOf(stage),
  };
  return { environment, statements: [] };
}

/** Also what metrics of the stage are told apart by. */
const stackNameOf = (stage: string) => `stowage-${stage}`;

/** What a function needs to check tokens: addresses, no rights. */
function tokens({ tokens: { jwksUrl, issuer, audience } }: StowageConfig): Grant {
  const environment = {
    [envNames.jwksUrl]: jwksUrl,
    [envNames.tokenIssuer]: issuer,
    [envNames.tokenAudience]: audience,
  };
  return { environment, statements: [] };
}

/** The table that stands in for the stack's own, if the settings name one. */
function existingTable({ existingTableName: name, existingTableStreamArn: streamArn }: StowageConfig) {
  return name !== undefined && streamArn !== undefined ? { name, streamArn } : undefined;
}

export class StowageStack extends Stack {
  constructor(scope: Construct, { config, routes, codeDirs, layerDir, local }: StowageStackProps) {
    super(scope, stackNameOf(config.stage), {
      description: 'Stowage: file storage, bytes in Cloudflare R2',
      terminationProtection: config.terminationProtection ?? config.protectData,
    });
    configWarnings(config).forEach((text, index) => {
      Annotations.of(this).addWarningV2(`stowage:config-${index}`, text);
    });

    const { protectData, logRetentionDays } = config;
    const slowest = (queue: 'cleanup' | 'lifecycle') =>
      timeoutOf(routes, (source) => 'queue' in source && source.queue === queue);
    const table = new StowageTable(this, 'Table', { protectData, existing: existingTable(config) });
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
    const events =
      config.events &&
      new Events(this, 'Events', {
        stage: config.stage,
        settings: config.events,
        protectData,
        webhookTimeoutSeconds: timeoutOf(routes, (source) => 'webhooks' in source),
        loopback: local,
      });
    const api = new StowageApi(this, 'Api', config);
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail, topicArn: config.alarmTopicArn });
    alarms.onDeadLetters('Cleanup', queues.cleanup.deadLetters);
    alarms.onDeadLetters('Lifecycle', queues.lifecycle.deadLetters);
    alarms.onQueueAge('Cleanup', queues.cleanup);
    alarms.onQueueAge('Lifecycle', queues.lifecycle);
    alarms.onStreamFailures('Expiry', failures);
    events?.alarm(alarms);

    const scan = scanGrants(this, config, alarms);
    const deadLetters = deadLetterGrants(this, [
      queues.cleanup.deadLettersOf('cleanup'),
      queues.lifecycle.deadLettersOf('lifecycle'),
      { name: 'expiry', queue: failures },
      ...scan.deadLetters,
      ...(events?.deadLetters() ?? []),
    ]);

    let layer: LayerVersion | undefined;
    const grantOf: Record<Use, () => Grant | undefined> = {
      'table.read': () => table.grantRead(),
      'table.write': () => table.grantWrite(),
      'table.mark': () => table.grantMark(),
      'table.scan': () => table.grantScan(config),
      'table.describe': () => table.grantDescribe(),
      r2: () => grantR2(this, config.r2),
      'r2.names': () => grantR2Names(config.r2),
      'cleanup.send': () => queues.cleanup.grantSend(),
      'lifecycle.send': () => queues.lifecycle.grantSend(),
      'events.send': () => events?.grantSend(),
      'webhooks.deliver': () => events?.grantDeliver(),
      'deadLetters.read': deadLetters.read,
      'deadLetters.redrive': deadLetters.redrive,
      'scan.policy': scan.policy,
      'scan.send': scan.send,
      images: () => undefined,
    };
    const addFunction = (
      scope: Construct,
      key: string,
      row: { uses: readonly Use[]; summary: string; source?: WorkerSource },
      timeoutSeconds: number,
      grants: Grant[],
    ) => {
      const images = row.uses.includes('images');
      if (images) layer ??= sharpLayer(this, 'SharpLayer', layerDir());
      const codeDir = codeDirs[key];
      if (!codeDir) throw new Error(`No bundle for the row '${key}'`);
      return new EndpointFunction(scope, constructId(key), {
        summary: row.summary,
        codeDir,
        timeoutSeconds,
        grants: [common(config), ...grants, ...row.uses.flatMap((use) => grantOf[use]() ?? [])],
        ...(images && layer && { imageLayer: layer, reservedConcurrency: config.imageConcurrency }),
        sendsToItself: row.source !== undefined && 'queue' in row.source && row.source.queue === 'cleanup',
        logRetentionDays,
        protectData,
        tracing: config.tracing,
      }).lambda;
    };

    const shift = config.trafficShift && new TrafficShift(this, 'TrafficShift', config.trafficShift);
    const rooms = this.rooms(Object.keys(routes.endpoints));
    for (const [key, row] of Object.entries(routes.endpoints)) {
      const grants = row.auth === 'public' ? [] : [tokens(config)];
      const lambda = addFunction(rooms[roomOf(key) ?? ''] ?? this, key, row, endpointTimeoutSeconds, grants);
      api.addRoute(row, lambda, shift?.aliasOf(lambda));
    }
    if (routes.fallback) {
      const row = routes.fallback;
      api.addFallback(row, addFunction(this, fallbackKey, row, endpointTimeoutSeconds, [tokens(config)]));
    }
    const workers: Record<string, Lambda> = {};
    for (const [key, row] of Object.entries(routes.workers)) {
      if (!isWanted(row.source, config)) continue;
      const worker = (grants: Grant[]) => addFunction(this, key, row, row.timeoutSeconds, grants);
      const sources = { table, queues, failures, events };
      const { lambda, stream } = this.wake(row.source, worker, sources);
      workers[constructId(key)] = lambda;
      alarms.onWorkerErrors(constructId(key), lambda);
      if (stream) alarms.onStreamUnread(constructId(key), stream);
      if ('expiredTickets' in row.source) alarms.onStreamAge(constructId(key), lambda);
      if ('webhooks' in row.source) alarms.onUnsentWebhooks(lambda.logGroup);
      if ('fileChanges' in row.source) alarms.onLateChanges(constructId(key), lambda);
      // Where nothing is stored no run can get through, and none is missed.
      if (row.watch && config.r2) alarms.onWatchedLines(constructId(key), lambda.logGroup, row.watch);
    }
    watch(this, { alarms, api, routes, queues, workers, config, service: this.stackName, tableName: table.tableName });
    shift?.watch(alarms.all);
    new CfnOutput(this, 'LifecycleQueueUrl', {
      value: queues.lifecycle.url,
      description: 'Where the platform may send lifecycle events directly',
    });
    new CfnOutput(this, 'Url', { value: api.url, description: 'Where the API answers' });
  }

  /** One for each folder of these keys, deployed one after the other. */
  private rooms(keys: readonly string[]): Record<string, Room> {
    const folders = [...new Set(keys.flatMap((key) => roomOf(key) ?? []))].sort();
    const rooms = folders.map((folder) => new Room(this, `${constructId(folder)}Endpoints`, { folder }));
    rooms.forEach((room, index) => {
      const before = rooms[index - 1];
      if (before) room.after(before);
    });
    return Object.fromEntries(folders.map((folder, index) => [folder, rooms[index] as Room]));
  }

  /** Makes the worker with the rights its source needs and connects the two. */
  private wake(source: WorkerSource, worker: (grants: Grant[]) => Lambda, sources: Sources): Awake {
    const { table, queues, failures, events } = sources;
    if ('queue' in source) {
      const queue = queues[source.queue];
      const lambda = worker([queue.grantConsume()]);
      queue.feed(lambda, source.batchSize);
      return { lambda };
    }
    if ('schedule' in source) {
      const lambda = worker([]);
      runOnSchedule(this, lambda, source.schedule);
      return { lambda };
    }
    if ('expiredTickets' in source) {
      const lambda = worker([table.grantStream(failures)]);
      return { lambda, stream: table.feedExpired(lambda, source.batchSize, failures) };
    }
    if (!events) throw new Error('A worker of events is made without the setting');
    if ('webhooks' in source) return { lambda: events.feed(worker) };
    const lambda = worker([table.grantStream(events.failures)]);
    return { lambda, stream: table.feedChanges(lambda, source.batchSize, events.failures) };
  }
}

interface Awake {
  lambda: Lambda;
  /** What reads the table's stream for it. */
  stream?: EventSourceMapping;
}

interface Sources {
  table: StowageTable;
  queues: Record<'cleanup' | 'lifecycle', WorkQueue>;
  failures: StreamFailures;
  events: Events | undefined;
}

/** `extensions/session-files-get` -> `ExtensionsSessionFilesGet`, which CloudFormation's names may contain. */
function constructId(key: string): string {
  return key.replace(/(?:^|[/-])(\w)/g, (_, letter: string) => letter.toUpperCase());
}
