/** What the one-machine cloud serves, as the template states it: plain data, every intrinsic resolved. */
import type { Statement } from '../iam/policy.ts';
import type { CorsSpec } from './read-api.ts';

export interface LayerSpec {
  arn: string;
  /** Unpacked layer, what Lambda would mount at /opt. */
  dir: string;
}

export interface FunctionSpec {
  logicalId: string;
  name: string;
  arn: string;
  runtime: string;
  /** `index.handler`: file without extension, export. */
  handler: string;
  /** Unpacked code, what Lambda would mount at /var/task. */
  codeDir: string;
  layers: LayerSpec[];
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  reservedConcurrency?: number;
  /** How often Lambda repeats an asynchronous invocation that failed. */
  asyncRetries: number;
  roleName: string;
  logGroup: string;
}

export interface RouteSpec {
  /** `POST /v1/upload`, `ANY /x/{proxy+}` or `$default`. */
  routeKey: string;
  functionName: string;
  /** The alias that is invoked; none for the function itself. */
  qualifier?: string | undefined;
  /** Of the integration, at most 30 s. */
  timeoutMs: number;
}

export interface ApiSpec {
  id: string;
  arn: string;
  cors?: CorsSpec;
  routes: RouteSpec[];
  /** Of the access log, as the stage has it; none where nothing is logged. */
  accessLogFormat?: string;
}

export interface QueueSpec {
  name: string;
  arn: string;
  visibilityTimeoutSeconds: number;
  delaySeconds: number;
  retentionSeconds: number;
  maxMessageBytes: number;
  fifo?: boolean;
  redrive?: { deadLetterArn: string; maxReceiveCount: number };
}

export interface TableInput {
  TableName: string;
  KeySchema: object[];
  AttributeDefinitions: object[];
  TimeToLiveSpecification?: { AttributeName?: string | undefined; Enabled?: boolean | undefined };
  [member: string]: unknown;
}

export interface TableSpec {
  name: string;
  arn: string;
  /** With stream enabled only. */
  streamArn?: string;
  /** The CreateTable request of the same shape, with `TimeToLiveSpecification` as CloudFormation has it. */
  input: TableInput;
}

interface MappingBase {
  logicalId: string;
  functionName: string;
  sourceArn: string;
  enabled: boolean;
  batchSize: number;
  windowSeconds: number;
  /** Parsed event patterns; a record must match one of them. None: everything matches. */
  filters: Record<string, unknown>[];
  reportBatchItemFailures: boolean;
}

export interface QueueMappingSpec extends MappingBase {
  kind: 'queue';
  maximumConcurrency?: number;
}

export interface StreamMappingSpec extends MappingBase {
  kind: 'stream';
  bisect: boolean;
  /** -1: until the record leaves the stream. */
  maximumRetryAttempts: number;
  onFailureArn?: string;
}

export interface ScheduleSpec {
  name: string;
  arn: string;
  expression: string;
  enabled: boolean;
  /** `service` decides which event the target gets when it has no input of its own. */
  service: 'events' | 'scheduler';
  targets: { functionName: string; input?: unknown; roleName?: string }[];
}

export interface PermissionSpec {
  functionName: string;
  /** The alias that may be invoked; a function and its alias are two for this. */
  qualifier?: string | undefined;
  action: string;
  principal: string;
  sourceArn?: string;
}

export interface BusSpec {
  name: string;
  arn: string;
}

export interface SecretSpec {
  name: string;
  arn: string;
}

export interface CloudModel {
  stackName: string;
  functions: FunctionSpec[];
  apis: ApiSpec[];
  queues: QueueSpec[];
  tables: TableSpec[];
  mappings: (QueueMappingSpec | StreamMappingSpec)[];
  schedules: ScheduleSpec[];
  permissions: PermissionSpec[];
  secrets: SecretSpec[];
  /** Event buses; the one every account has, `default`, is not among them. */
  buses: BusSpec[];
  /** Policy statements by role name. */
  roles: Record<string, Statement[]>;
}

/** One resource with its properties resolved, as the readers get it. */
export interface Resource {
  logicalId: string;
  type: string;
  properties: unknown;
}
