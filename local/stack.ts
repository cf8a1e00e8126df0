/**
 * Serves one synthesized template: tables, queues, functions, API, event sources and schedules, each as the template
 * says and none beside it. What the template only refers to (token issuer, buckets, secrets' values) is the caller's.
 */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { arn, type Closable } from './aws.ts';
import { createControl } from './control.ts';
import { createDrain, type DrainReport } from './drain.ts';
import { type Dynamo, type DynamoOptions, startDynamo } from './dynamo/server.ts';
import { type BusOptions, startBus } from './events/bus.ts';
import { startScheduler } from './events/scheduler.ts';
import { createStreamConsumer, type StreamConsumer, type StreamRecord } from './events/stream.ts';
import { type GatewayOptions, startGateway } from './gateway/server.ts';
import { type Authorizer, createAuthorizer } from './iam/authorize.ts';
import { requireGrants } from './iam/event-sources.ts';
import { createFunctions, type Endpoints, type Functions } from './lambda/functions.ts';
import { type SecretsOptions, startSecrets } from './secrets/server.ts';
import { startPoller } from './sqs/poller.ts';
import { type SqsOptions, startSqs } from './sqs/server.ts';
import { openQueueStore } from './sqs/store.ts';
import type { CloudModel, QueueSpec, StreamMappingSpec, TableSpec } from './template/model.ts';
import { readTemplate } from './template/read.ts';
import type { StackSource } from './template/stacks.ts';
import type { TokenIssuer } from './tokens/issuer.ts';

export interface StackPorts {
  api: number;
  sqs: number;
  dynamodb: number;
  secrets: number;
  events: number;
}

export interface StackOptions extends StackSource {
  stackName: string;
  /** Data folder; kept over restarts. */
  dir: string;
  host: string;
  /** All known beforehand, since the functions' environment names them. */
  ports: StackPorts;
  /** Values of secrets by name. */
  secrets?: Record<string, string>;
  secretsManager?: Pick<SecretsOptions, 'intercept'>;
  /** Makes `POST /__local/tokens` answer. */
  sign: TokenIssuer['sign'];
  /** Answers what no route of the template matches; undefined leaves it not found. */
  pages?: GatewayOptions['pages'];
  /** Tables that the template names and does not make. Created when missing, like an operator's. */
  existingTables?: TableSpec[];
  dynamo?: Pick<DynamoOptions, 'onRequest' | 'intercept' | 'now' | 'load'>;
  sqs?: Pick<SqsOptions, 'onRequest' | 'intercept'>;
  events?: Pick<BusOptions, 'onEvent' | 'intercept'>;
  /** Writes what functions print on stderr to ours too. */
  echoErrors?: boolean;
  maxInstancesPerFunction?: number;
  idleMs?: number;
  /** Stops instances between two invocations, as Lambda does; off when left out, since nobody thaws them after a kill. */
  freeze?: boolean;
  drainTimeoutMs?: number;
  /** Milliseconds between TTL sweeps beside those of a drain; 0 for none. */
  ttlSweepMs?: number;
}

export interface RunningStack extends Closable {
  model: CloudModel;
  baseUrl: string;
  endpoints: Endpoints;
  functions: Functions;
  drain(): Promise<DrainReport>;
  /** What the table does in its own time: removes what TTL says is over, tells its stream, and answers how many items went. */
  sweepTtl(): Promise<number>;
}

/** Starts everything; when a part fails, what was started before it is stopped again. */
export async function runStack(options: StackOptions): Promise<RunningStack> {
  const { host, ports, dir } = options;
  const url = (port: number) => `http://${host}:${port}`;
  const endpoints = {
    dynamodb: url(ports.dynamodb),
    sqs: url(ports.sqs),
    secretsManager: url(ports.secrets),
    eventBridge: url(ports.events),
  };
  const addresses = { apiEndpoint: url(ports.api), sqsEndpoint: endpoints.sqs };
  const deployed = readTemplate({ ...options, addresses });
  const model = { ...deployed, tables: [...deployed.tables, ...(options.existingTables ?? [])] };
  const [api, ...moreApis] = model.apis;
  if (!api || moreApis.length > 0) throw new Error(`The template has ${model.apis.length} HTTP APIs instead of one`);
  const authorizer = createAuthorizer(model);
  requireGrants(model, authorizer);

  const open: Closable[] = [];
  const close = async () => {
    for (let part = open.pop(); part; part = open.pop()) await part.close();
  };
  try {
    const store = openQueueStore(path.join(dir, 'sqs'));
    open.push({ close: async () => store.close() });
    const sqs = await startSqs({ ...options.sqs, queues: model.queues, store, authorizer, host, port: ports.sqs });
    open.push(sqs);
    const secrets = options.secrets ?? {};
    open.push(await startSecrets({ ...options.secretsManager, secrets, authorizer, host, port: ports.secrets }));

    const bus = await startBus({ ...options.events, buses: model.buses, authorizer, host, port: ports.events });
    open.push(bus);

    const functions = createFunctions({
      specs: model.functions,
      authorizer,
      endpoints,
      logDir: path.join(dir, 'logs'),
      echoErrors: options.echoErrors ?? false,
      maxInstancesPerFunction: options.maxInstancesPerFunction ?? 10,
      idleMs: options.idleMs ?? 300_000,
      freeze: options.freeze ?? false,
    });
    const invoke = functions.invoke;
    const sendToQueue = (queueArn: string, body: string) => void store.send(queueByArn(model, queueArn), body);
    const streams = streamMappings(model).map((mapping) => createStreamConsumer({ mapping, invoke, sendToQueue }));
    const dynamo = await startTables(options, model, authorizer, streams);
    open.push(dynamo);

    const retriesOf = (name: string) => model.functions.find((each) => each.name === name)?.asyncRetries ?? 0;
    const scheduler = startScheduler({ schedules: model.schedules, invoke, retriesOf });
    const pollers = model.mappings
      .filter((mapping) => mapping.kind === 'queue')
      .map((mapping) => {
        const queue = queueByArn(model, mapping.sourceArn);
        return {
          mapping,
          queue,
          poller: startPoller({ mapping, queue, store, invoke, intercept: options.sqs?.intercept }),
        };
      });
    const sweeper =
      options.ttlSweepMs && setInterval(() => void dynamo.sweepTtl().catch(() => undefined), options.ttlSweepMs);
    open.push({
      async close() {
        clearInterval(sweeper || undefined);
        await scheduler.close();
        for (const stream of streams) stream.stop();
        // Ending the functions ends the invocations the pollers wait for.
        await Promise.all([...pollers.map(({ poller }) => poller.stop()), functions.close()]);
      },
    });

    const drain = createDrain({
      sweepTtl: dynamo.sweepTtl,
      settleIndexes: dynamo.settleIndexes,
      settleChanges: dynamo.settleChanges,
      scheduler,
      streams,
      pollers,
      queues: model.queues,
      store,
      timeoutMs: options.drainTimeoutMs ?? 60_000,
    });
    const control = createControl({ sign: options.sign, drain, events: bus.latest });
    const accessLog = createWriteStream(path.join(dir, 'logs', `${api.id}-access.log`), { flags: 'a' });
    open.push({ close: () => new Promise<void>((resolve) => accessLog.end(resolve)) });
    const gateway = await startGateway({
      api,
      onAccess: (line) => accessLog.write(`${line}\n`),
      permissions: model.permissions,
      invoke,
      control,
      pages: options.pages,
      host,
      port: ports.api,
    });
    open.push(gateway);
    return { model, baseUrl: gateway.endpoint, endpoints, functions, drain, sweepTtl: dynamo.sweepTtl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startTables(
  options: StackOptions,
  model: CloudModel,
  authorizer: Authorizer,
  streams: StreamConsumer[],
): Promise<Dynamo> {
  const tables = new Map(model.tables.map((table) => [table.name, table]));
  const dynamo = await startDynamo({
    ...options.dynamo,
    dir: path.join(options.dir, 'dynamodb'),
    host: options.host,
    port: options.ports.dynamodb,
    authorize(accessKeyId, action, tableName, indexName) {
      const table = arn('dynamodb', `table/${tableName}`);
      const resource = indexName === undefined ? table : `${table}/index/${indexName}`;
      return authorizer.isAllowed({ accessKeyId, action: `dynamodb:${action}`, resource });
    },
    readers: streams
      .filter(({ ofTtl, mapping }) => !ofTtl && mapping.enabled)
      .map((stream) => ({
        name: stream.mapping.logicalId,
        wants: (record) => sameTable(stream.mapping, record as StreamRecord) && stream.wants(record as StreamRecord),
        take: (records) => stream.deliver(records as StreamRecord[]),
      })),
    async onTtlRemoval(record: StreamRecord) {
      const consumers = streams.filter(({ ofTtl, mapping }) => ofTtl && mapping.enabled && sameTable(mapping, record));
      await Promise.all(consumers.map((consumer) => consumer.deliver([record])));
    },
  });
  try {
    for (const table of tables.values()) await dynamo.createTable(table.input);
  } catch (error) {
    await dynamo.close();
    throw error;
  }
  return dynamo;
}

function streamMappings(model: CloudModel): StreamMappingSpec[] {
  return model.mappings.filter((mapping) => mapping.kind === 'stream');
}

/** A stream's label may differ; its table does not. */
function sameTable({ sourceArn }: StreamMappingSpec, { eventSourceARN = '' }: StreamRecord): boolean {
  return sourceArn.split('/stream/')[0] === eventSourceARN.split('/stream/')[0];
}

function queueByArn({ queues }: CloudModel, queueArn: string): QueueSpec {
  const queue = queues.find(({ arn }) => arn === queueArn);
  if (!queue) throw new Error(`Queue ${queueArn} is not in the template`);
  return queue;
}
