/** What is watched of a whole stage and shown of it: metrics of routes, alarms of the service, the dashboard. */
import { CfnFunction, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StowageConfig } from '../config.ts';
import type { RouteTable } from '../routes.ts';
import type { Alarms } from './alarms.ts';
import type { StowageApi } from './api.ts';
import { dashboard } from './dashboard.ts';
import { RouteMetrics } from './route-metrics.ts';
import { watchService } from './service-alarms.ts';
import type { WorkQueue } from './work-queue.ts';

export interface WatchedStage {
  /** Made beforehand: what belongs to one worker or queue is watched where that is made. */
  alarms: Alarms;
  api: StowageApi;
  routes: RouteTable;
  queues: Readonly<Record<string, WorkQueue>>;
  workers: Readonly<Record<string, IFunction>>;
  tableName: string;
  /** The dimension `service` that functions write, and the namespace of what is counted in logs. */
  service: string;
  config: StowageConfig;
}

/** Called last, so that the dashboard shows every alarm. */
export function watch(scope: Construct, stage: WatchedStage): void {
  const { alarms, api, routes: table, queues, workers, tableName, service, config } = stage;
  const accessLog = api.accessLogs;
  const routes = new RouteMetrics(scope, 'Routes', {
    accessLog,
    namespace: service,
    rows: Object.values(table.endpoints),
  });
  const { accountConcurrency } = config;
  const capped = scope.node
    .findAll()
    .filter((one) => one instanceof CfnFunction)
    .filter(({ reservedConcurrentExecutions }) => reservedConcurrentExecutions !== undefined)
    .map(({ ref }) => ref);
  watchService(alarms, { api: api.httpApi, routes, tableName, service, accountConcurrency, capped });
  dashboard(scope, { alarms, api: api.httpApi, routes, accessLog, tableName, service, queues, workers });
}
