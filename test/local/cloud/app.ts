/** A small stack with one of everything the one-machine cloud serves, and the way to run it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import {
  Code,
  FilterCriteria,
  Function as Lambda,
  LayerVersion,
  Runtime,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { choosePorts, withFreePorts } from '#local/ports.ts';
import { type RunningStack, runStack, type StackOptions } from '#local/stack.ts';
import type { CfnTemplate } from '#local/template/intrinsics.ts';
import { startIssuer } from '#local/tokens/issuer.ts';
import * as code from './functions.ts';

export interface Synthesized {
  template: CfnTemplate;
  assetPath(logicalId: string): string;
}

/** What a test may break: the stream's filters, or the template (and its assets) once it is made. */
export interface Shape {
  streamFilters?: Record<string, unknown>[];
  change?: (template: CfnTemplate, assetPath: (logicalId: string) => string) => void;
}

const ttlOnly = FilterCriteria.filter({
  eventName: ['REMOVE'],
  userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
  dynamodb: { OldImage: { kind: { S: ['ticket'] } } },
});

/** Synthesizes the test stack into `<dir>/cdk.out`; functions note what they did in `<dir>/record`. */
export function synthesizeTestStack(dir: string, shape: Shape = {}): Synthesized {
  const app = new App({
    outdir: path.join(dir, 'cdk.out'),
    analyticsReporting: false,
    context: { 'aws:cdk:enable-asset-metadata': true },
  });
  const stack = new Stack(app, 'probe');
  const environment = { RECORD_FILE: path.join(dir, 'record') };

  function asset(name: string, source: string) {
    const folder = path.join(dir, 'code', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'index.mjs'), source);
    return Code.fromAsset(folder);
  }
  function lambda(
    name: string,
    source: string,
    more: { memory?: number; timeout?: number; layer?: LayerVersion } = {},
  ) {
    return new Lambda(stack, name, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: asset(name, source),
      environment,
      memorySize: more.memory ?? 256,
      timeout: Duration.seconds(more.timeout ?? 5),
      layers: more.layer ? [more.layer] : [],
    });
  }

  const layerDir = path.join(dir, 'code', 'layer');
  mkdirSync(layerDir, { recursive: true });
  const sharp = JSON.parse(readFileSync('node_modules/sharp/package.json', 'utf8')) as { version: string };
  writeFileSync(path.join(layerDir, 'package.json'), JSON.stringify({ dependencies: { sharp: sharp.version } }));
  const layer = new LayerVersion(stack, 'Layer', { code: Code.fromAsset(layerDir) });

  const table = new Table(stack, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    timeToLiveAttribute: 'expiresAt',
    stream: 'NEW_AND_OLD_IMAGES' as never,
  });
  table.addGlobalSecondaryIndex({ indexName: 'by-kind', partitionKey: { name: 'kind', type: AttributeType.STRING } });
  const deadLetters = new Queue(stack, 'DeadLetters');
  const queue = new Queue(stack, 'Queue', {
    visibilityTimeout: Duration.minutes(5),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
  });

  const probe = lambda('Probe', code.probe, { timeout: 2, memory: 128 });
  probe.addEnvironment('QUEUE_URL', queue.queueUrl);
  queue.grantSendMessages(probe);
  table.grant(probe, 'dynamodb:GetItem');
  const worker = lambda('QueueWorker', code.queueWorker);
  worker.addEventSource(
    new SqsEventSource(queue, {
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter({ body: { type: ['work'] } })],
    }),
  );
  const streamWorker = lambda('StreamWorker', code.streamWorker);
  streamWorker.addEventSource(
    new DynamoEventSource(table, {
      startingPosition: StartingPosition.TRIM_HORIZON,
      filters: (shape.streamFilters?.map((pattern) => FilterCriteria.filter(pattern)) ?? [ttlOnly]) as never,
      bisectBatchOnError: true,
      retryAttempts: 2,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(deadLetters),
    }),
  );
  const hourly = lambda('Hourly', code.scheduled);
  new Rule(stack, 'EveryHour', { schedule: Schedule.rate(Duration.hours(1)), targets: [new LambdaFunction(hourly)] });

  const api = new HttpApi(stack, 'Api', {
    corsPreflight: {
      allowOrigins: ['https://page.example'],
      allowMethods: [CorsHttpMethod.POST],
      allowHeaders: ['content-type'],
      exposeHeaders: ['etag'],
    },
  });
  const route = (method: HttpMethod, at: string, handler: Lambda) =>
    api.addRoutes({ path: at, methods: [method], integration: new HttpLambdaIntegration(`${method}${at}`, handler) });
  route(HttpMethod.GET, '/do/{what}', probe);
  route(HttpMethod.GET, '/do/literal', probe);
  route(HttpMethod.ANY, '/any/{proxy+}', probe);
  route(HttpMethod.POST, '/items/{id}', probe);
  route(HttpMethod.GET, '/list', probe);
  route(HttpMethod.GET, '/with-layer', lambda('WithLayer', code.needsLayer, { layer }));
  route(HttpMethod.GET, '/without-layer', lambda('WithoutLayer', code.needsLayer));

  const template = app.synth().getStackArtifact(stack.artifactId).template as CfnTemplate;
  const assetPath = (logicalId: string) => assetOf(template, logicalId, app.outdir);
  shape.change?.(template, assetPath);
  return { template, assetPath };
}

function assetOf(template: CfnTemplate, logicalId: string, outdir: string): string {
  const resource = template.Resources[logicalId] as { Metadata?: Record<string, unknown> } | undefined;
  return path.join(outdir, String(resource?.Metadata?.['aws:asset:path']));
}

export interface TestCloud extends RunningStack {
  dir: string;
  /** What the functions noted, in order. */
  recorded(): Record<string, unknown>[];
  /** Physical name by the start of a logical id. */
  queueName(logicalId: string): string;
  tableName: string;
}

/** A fresh folder, removed by the caller. */
export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'stowage-cloud-'));
}

/** Runs the test stack in `dir`, or in a new folder. */
export async function startTestCloud(
  options: { dir?: string; shape?: Shape } & Partial<StackOptions> = {},
): Promise<TestCloud> {
  const { dir = temporaryFolder(), shape, ...more } = options;
  const { template, assetPath } = synthesizeTestStack(dir, shape);
  const { stack, issuer } = await withFreePorts(async () => {
    const ports = await choosePorts(dir, ['api', 'sqs', 'dynamodb', 'secrets', 'events', 'issuer']);
    const issuer = await startIssuer({ dir, host: '127.0.0.1', port: ports.issuer });
    const base = { template, stackName: 'probe', assetPath, dir, host: '127.0.0.1', ports, sign: issuer.sign };
    try {
      return { stack: await runStack({ ...base, ...more }), issuer };
    } catch (error) {
      await issuer.close();
      throw error;
    }
  });
  const named = (names: string[], start: string) => names.find((name) => name.startsWith(`probe-${start}`)) ?? '';
  return {
    ...stack,
    dir,
    tableName: stack.model.tables[0]?.name ?? '',
    queueName: (start) =>
      named(
        stack.model.queues.map(({ name }) => name),
        start,
      ),
    recorded() {
      const file = path.join(dir, 'record');
      if (!existsSync(file)) return [];
      return readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async close() {
      await stack.close();
      await issuer.close();
    },
  };
}

/** Ends a cloud and removes its folder. */
export async function endTestCloud(cloud: TestCloud): Promise<void> {
  await cloud.close();
  rmSync(cloud.dir, { recursive: true, force: true });
}
