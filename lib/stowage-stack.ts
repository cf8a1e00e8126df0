/** The deployed product: wires the constructs by the route table and owns no rule of its own. */
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { envNames } from '../functions/runtime/env-names.ts';
import { configWarnings, type StowageConfig } from './config.ts';
import { Alarms } from './constructs/alarms.ts';
import { endpointTimeoutSeconds, StowageApi } from './constructs/api.ts';
import { CleanupQueue } from './constructs/cleanup-queue.ts';
import { EndpointFunction } from './constructs/endpoint-function.ts';
import type { Grant } from './constructs/grant.ts';
import { grantR2, grantR2Names } from './constructs/r2-access.ts';
import { sharpLayer } from './constructs/sharp-layer.ts';
import { StowageTable } from './constructs/table.ts';
import type { RouteTable, Use } from './routes.ts';

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
    const workerTimeouts = Object.values(routes.workers).map(({ timeoutSeconds }) => timeoutSeconds);
    const table = new StowageTable(this, 'Table', { protectData });
    const cleanup = new CleanupQueue(this, 'Cleanup', { workerTimeoutSeconds: Math.max(30, ...workerTimeouts) });
    const api = new StowageApi(this, 'Api', config);
    const alarms = new Alarms(this, 'Alarms', { email: config.alarmEmail });
    alarms.onDeadLetters(cleanup.deadLetters);
    alarms.onServerErrors(api.httpApi);

    let layer: LayerVersion | undefined;
    const grantOf: Record<Use, () => Grant | undefined> = {
      'table.read': () => table.grantRead(),
      'table.write': () => table.grantWrite(),
      r2: () => grantR2(this, config.r2),
      'r2.names': () => grantR2Names(config.r2),
      'cleanup.send': () => cleanup.grantSend(),
      images: () => undefined,
    };
    const addFunction = (
      key: string,
      row: { uses: readonly Use[]; summary: string },
      timeoutSeconds: number,
      grants: Grant[],
    ) => {
      const images = row.uses.includes('images');
      if (images) layer ??= sharpLayer(this, 'SharpLayer', layerDir());
      const codeDir = codeDirs[key];
      if (!codeDir) throw new Error(`No bundle for the row '${key}'`);
      return new EndpointFunction(this, constructId(key), {
        summary: row.summary,
        codeDir,
        timeoutSeconds,
        grants: [common(config), ...grants, ...row.uses.flatMap((use) => grantOf[use]() ?? [])],
        ...(images && layer && { imageLayer: layer, reservedConcurrency: config.imageConcurrency }),
        sendsToItself: !('auth' in row) && row.uses.includes('cleanup.send'),
        logRetentionDays,
        protectData,
      }).lambda;
    };

    for (const [key, row] of Object.entries(routes.endpoints)) {
      const grants = row.auth === 'public' ? [] : [tokens(config)];
      api.addRoute(row, addFunction(key, row, endpointTimeoutSeconds, grants));
    }
    for (const [key, row] of Object.entries(routes.workers)) {
      const worker = addFunction(key, row, row.timeoutSeconds, [cleanup.grantConsume()]);
      cleanup.feed(worker, row.source.batchSize);
      alarms.onWorkerErrors(constructId(key), worker);
    }
    new CfnOutput(this, 'Url', { value: api.httpApi.apiEndpoint, description: 'Where the API answers' });
  }
}

/** `extensions/session-files-get` -> `ExtensionsSessionFilesGet`, which CloudFormation's names may contain. */
function constructId(key: string): string {
  return key.replace(/(?:^|[/-])(\w)/g, (_, letter: string) => letter.toUpperCase());
}
