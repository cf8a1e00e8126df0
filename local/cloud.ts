/**
 * The one-machine cloud as a whole: buckets, token service and secrets first, then the stack synthesized with their
 * addresses, then the demo data, put in through the API like anybody's.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type EventType, parseConfig, type StowageSettings } from '../lib/config.ts';
import { synthesize } from '../lib/synth.ts';
import type { Closable } from './aws.ts';
import { type R2Tokens, startBuckets } from './buckets.ts';
import { cachedBundle } from './bundle-cache.ts';
import type { DrainReport } from './drain.ts';
import type { DynamoOptions, LoadOptions } from './dynamo/server.ts';
import type { BusOptions } from './events/bus.ts';
import { tableBeside } from './existing-table.ts';
import { writePrivate } from './files.ts';
import { lockFolder } from './lock.ts';
import type { Pages, PagesContext } from './pages.ts';
import { choosePorts, withFreePorts } from './ports.ts';
import type { R2Options } from './r2/server.ts';
import { createCounters, type RequestCounters } from './request-counters.ts';
import type { SecretsOptions } from './secrets/server.ts';
import { type DemoCredentials, demo, seed } from './seed.ts';
import type { SqsOptions } from './sqs/server.ts';
import { type RunningStack, runStack } from './stack.ts';
import { type IssuerOptions, startIssuer, type TokenIssuer } from './tokens/issuer.ts';
import { webhookSecretOf } from './webhook-secret.ts';

const host = '127.0.0.1';
const portNames = ['api', 'r2', 'public', 'dynamodb', 'sqs', 'secrets', 'events', 'issuer', 'extension'] as const;

export const buckets = {
  bucket: 'stowage-local',
  publicBucket: 'stowage-local-public',
  complianceBucket: 'stowage-local-compliance',
} as const;

const secretName = 'stowage/local/r2';
const webhookSecretName = 'stowage/local/webhooks';

const bundle = cachedBundle();

/** What `dev.json` holds (docs/contract.md, "On one machine"). */
export interface DevFile {
  baseUrl: string;
  appId: string;
  userId: string;
  sessionId: string;
  lockId: string;
  orgId: string;
  developerKey: string;
  userToken: string;
  sessionToken: string;
  platformToken: string;
  adminToken: string;
  r2: { endpoint: string; accessKeyId: string; secretAccessKey: string } & typeof buckets;
  dynamodb: { endpoint: string; tableName: string };
  /** What webhooks are signed with, where events are told. */
  webhookSecret?: string;
}

/** Faults to provoke; set and unset at any time. */
export interface Faults {
  r2?: R2Options['intercept'] | undefined;
  dynamodb?: DynamoOptions['intercept'] | undefined;
  sqs?: SqsOptions['intercept'] | undefined;
  jwks?: IssuerOptions['intercept'] | undefined;
  secrets?: SecretsOptions['intercept'] | undefined;
  events?: BusOptions['intercept'] | undefined;
}

export type { RequestCounters } from './request-counters.ts';

export interface CloudOptions {
  /** Data folder; kept over restarts, used by one cloud at a time. */
  dir: string;
  /** Of the API; 0 (the default) takes any free one and keeps it over restarts. */
  port?: number;
  /** Writes what functions print on stderr to ours too. */
  echoErrors?: boolean;
  maxInstancesPerFunction?: number;
  /** Seconds an instance keeps settings and keys; 1 when left out, so that whoever changes them need not wait. */
  cacheSeconds?: number;
  /** Stops functions between two invocations, as Lambda does; see `StackOptions`. */
  freeze?: boolean;
  /** The deploy setting; as deployed (seven days) when left out. */
  orphanGraceDays?: number;
  /** The deploy setting; off when left out. */
  scan?: StowageSettings['scan'];
  /** Tells what became of files, also to receivers on this machine; nothing is told when left out. */
  events?: { webhooks: { url: string; events?: EventType[] }[] };
  /** Told of every event that the bus takes. */
  onEvent?: BusOptions['onEvent'];
  /**
   * The deploy setting: a table beside the stack's own, by name. Its stream and TTL are on, as docs/operating.md, "After a
   * restore", has an operator turn them on.
   */
  existingTableName?: string;
  /** Milliseconds between TTL sweeps; 0 (the default) for none but the drain's. */
  ttlSweepMs?: number;
  /** Pages for whatever no deployed route matches; none when left out. */
  startPages?: (context: PagesContext) => Promise<Pages>;
  /** What the table does under load: conflicts, lagging indexes and the like; none of it when left out. */
  dynamoLoad?: LoadOptions;
  /** Epoch milliseconds as the table stand-in sees them, to let TTL come early. */
  now?: () => number;
}

export interface Cloud extends Closable {
  baseUrl: string;
  dev: DevFile;
  stack: RunningStack;
  faults: Faults;
  requests: RequestCounters;
  r2Tokens: R2Tokens;
  sign: TokenIssuer['sign'];
  drain(): Promise<DrainReport>;
}

/** Boots everything; when a part fails, the parts before it are stopped. Rejects when the folder is in use. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  return await withFreePorts(() => boot(options), options.port);
}

async function boot(options: CloudOptions): Promise<Cloud> {
  const dir = path.resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dir);
  const open: Closable[] = [{ close: async () => unlock() }];
  const close = async () => {
    for (let part = open.pop(); part; part = open.pop()) await part.close();
  };
  try {
    const ports = await choosePorts(dir, portNames, options.port ? { api: options.port } : {});
    const faults: Faults = {};
    const requests = createCounters();
    const issuer = await startIssuer({ dir, host, port: ports.issuer, intercept: () => faults.jwks?.() });
    open.push(issuer);
    const r2 = await startBuckets({
      dir,
      host,
      ports,
      names: buckets,
      onRequest: ({ operation }) => requests.count('r2', operation),
      intercept: (request) => faults.r2?.(request),
    });
    open.push(r2);

    const existing = options.existingTableName === undefined ? undefined : tableBeside(options.existingTableName);
    const config = parseConfig({
      stage: 'local',
      tokens: { issuer: issuer.issuer, audience: issuer.audience, jwksUrl: issuer.jwksUrl },
      r2: { endpoint: r2.endpoint, ...buckets, publicBaseUrl: r2.publicBaseUrl, secretName, credentialSeconds: 2 },
      cacheSeconds: options.cacheSeconds ?? 1,
      protectData: false,
      corsOrigins: ['*'],
      orphanGraceDays: options.orphanGraceDays,
      // Everything is looked at whenever the schedule comes: on one machine that costs nothing.
      reconcilePassHours: 0,
      scan: options.scan,
      events: options.events && {
        webhooks: options.events.webhooks.map((webhook) => ({ ...webhook, secretName: webhookSecretName })),
      },
      ...(existing && { existingTableName: existing.name, existingTableStreamArn: existing.streamArn }),
    });
    const outdir = path.join(dir, 'cdk.out');
    rmSync(outdir, { recursive: true, force: true });
    const assembly = await synthesize({ config, outdir, localLayer: true, validate: false, bundle });
    let credentials: DemoCredentials | undefined;
    const baseUrl = `http://${host}:${ports.api}`;
    const pages = await options.startPages?.({
      host,
      baseUrl,
      extensionPort: ports.extension,
      r2Endpoint: r2.endpoint,
      ids: demo,
      sign: issuer.sign,
      developerKey: () => credentials?.developerKey ?? '',
    });
    if (pages) open.push(pages);
    const webhookSecret = options.events && webhookSecretOf(dir);
    const secrets = {
      [secretName]: JSON.stringify(r2.credentials),
      ...(webhookSecret && { [webhookSecretName]: webhookSecret }),
    };
    const store: R2Tokens['store'] = (credentials) => {
      secrets[secretName] = JSON.stringify(credentials);
    };
    const stack = await runStack({
      template: assembly.template,
      nested: assembly.nested,
      stackName: assembly.stackName,
      assetPath: assembly.assetPath,
      dir,
      host,
      ports,
      secrets,
      secretsManager: { intercept: () => faults.secrets?.() },
      sign: issuer.sign,
      ...(pages && { pages: pages.answer }),
      ...(existing && { existingTables: [existing] }),
      dynamo: {
        onRequest: ({ operation }) => requests.count('dynamodb', operation),
        intercept: (request) => faults.dynamodb?.(request),
        load: options.dynamoLoad,
        ...(options.now ? { now: options.now } : {}),
      },
      sqs: {
        onRequest: ({ operation }) => requests.count('sqs', operation),
        intercept: (request) => faults.sqs?.(request),
      },
      events: { onEvent: options.onEvent, intercept: (request) => faults.events?.(request) },
      echoErrors: options.echoErrors ?? false,
      freeze: options.freeze ?? false,
      ...(options.maxInstancesPerFunction === undefined
        ? {}
        : { maxInstancesPerFunction: options.maxInstancesPerFunction }),
      ttlSweepMs: options.ttlSweepMs ?? 0,
    });
    open.push(stack);

    const devFile = path.join(dir, 'dev.json');
    credentials = await seed({ stack, sign: issuer.sign, devFile });
    const dev: DevFile = {
      baseUrl: stack.baseUrl,
      ...demo,
      ...credentials,
      r2: { endpoint: r2.endpoint, ...r2.credentials, ...buckets },
      dynamodb: { endpoint: stack.endpoints.dynamodb, tableName: stack.model.tables[0]?.name ?? '' },
      ...(webhookSecret && { webhookSecret }),
    };
    writePrivate(devFile, `${JSON.stringify(dev, undefined, 2)}\n`);
    requests.reset();
    return {
      baseUrl: stack.baseUrl,
      dev,
      stack,
      faults,
      requests,
      r2Tokens: { ...r2.tokens, store },
      sign: issuer.sign,
      drain: stack.drain,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
