/**
 * One Lambda of the route table: function, role and log group, and nothing else, since CloudFormation allows 500
 * resources a stack and an endpoint may take six of them. The role's rights are inline and exactly the grants handed in.
 */
import { Duration } from 'aws-cdk-lib';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as Lambda,
  type LayerVersion,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import { allow, type Grant } from './grant.ts';
import { keptLogs } from './kept-logs.ts';

/** Decoding is all CPU: 1,769 MB is the size at which Lambda gives one whole vCPU. Source: Lambda guide, memory. */
const imageMemoryMb = 1769;

/**
 * How an image function's allocator gives memory back. By itself glibc keeps a heap for each thread and, once a large
 * block was freed, takes blocks of that size from them, where others come to lie between: seven large pictures one after
 * the other held 596 MiB, and hold 412 so, at the same CPU. Source: `man 3 mallopt`.
 */
export const imageAllocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '1048576',
};

/** Waiting on DynamoDB and R2 needs no more, and signing fifty URLs wants more than the smallest sizes give. */
const memoryMb = 512;

export interface EndpointFunctionProps {
  /** What it does, in the console. */
  summary: string;
  /** Folder with `index.mjs`, which exports `handler`. */
  codeDir: string;
  timeoutSeconds: number;
  grants: readonly Grant[];
  /** Given to a function that decodes images; brings its memory along. */
  imageLayer?: LayerVersion;
  /** Cap on instances at once, taken out of the account's pool. */
  reservedConcurrency?: number | undefined;
  /** A worker that feeds its own queue: Lambda would take its page-by-page walk for a loop and stop it after 16 pages. */
  sendsToItself?: boolean;
  logRetentionDays: number;
  protectData: boolean;
  /** Whether Lambda sends traces to X-Ray, for which the role gets the right and the bundle needs nothing. */
  tracing: boolean;
}

export class EndpointFunction extends Construct {
  readonly lambda: Lambda;

  constructor(scope: Construct, id: string, props: EndpointFunctionProps) {
    super(scope, id);
    const logGroup = keptLogs(this, 'Logs', props);
    const logs = allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    // X-Ray takes no resource. CDK would add a policy beside the inline one.
    const traces = props.tracing ? [allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*'])] : [];
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Grants: new PolicyDocument({
          statements: [logs, ...traces, ...props.grants.flatMap(({ statements }) => statements)],
        }),
      },
    });
    this.lambda = new Lambda(this, 'Function', {
      description: props.summary,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(props.codeDir),
      memorySize: props.imageLayer ? imageMemoryMb : memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: Object.assign(
        {},
        props.imageLayer && imageAllocator,
        ...props.grants.map(({ environment }) => environment),
      ),
      layers: props.imageLayer ? [props.imageLayer] : [],
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(props.sendsToItself && { recursiveLoop: RecursiveLoop.ALLOW }),
    });
    acknowledge(this.lambda, 'Serverless::Serverless-LambdaDLQ');
    if (props.grants.some(({ statements }) => statements.some((one) => one.resources.includes('*'))) || props.tracing) {
      acknowledge(role, 'AwsSolutions::AwsSolutions-IAM5[Resource::*]', 'Serverless::Serverless-LambdaStarPermissions');
    }
    if (!props.tracing) acknowledge(this.lambda, 'Serverless::Serverless-LambdaTracing');
    if (props.tracing) {
      (this.lambda.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    }
  }
}
