/**
 * What `Ref` and `Fn::GetAtt` give for each resource type. Differs from AWS: a resource without an explicit name is
 * called `<stack>-<logical id>` with no random suffix, so that data found in the folder after a restart still fits.
 */
import { createHash } from 'node:crypto';
import { arn, aws } from '../aws.ts';
import type { CfnResource } from './intrinsics.ts';

export interface Addresses {
  /** Where the gateway answers, `http://127.0.0.1:<port>`. */
  apiEndpoint: string;
  /** Where queues answer, `http://127.0.0.1:<port>`. */
  sqsEndpoint: string;
}

export interface Named {
  /** Of a nested stack's resource with the ids of the stacks around it in front. */
  logicalId: string;
  resource: CfnResource;
  /** Physical name. */
  name: string;
}

/** The property that carries an explicit name, by type. */
export const nameProperty: Record<string, string> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Lambda::LayerVersion': 'LayerName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::ApiGatewayV2::Stage': 'StageName',
};

const table = ({ name }: Named) => arn('dynamodb', `table/${name}`);
const stream = (named: Named) => streamArn(named.name);
const queueUrl = ({ name }: Named, to: Addresses) => `${to.sqsEndpoint}/${aws.accountId}/${name}`;

type Attributes = Record<string, (named: Named, addresses: Addresses) => string>;

const tableAttributes: Attributes = { Ref: (named) => named.name, Arn: table, StreamArn: stream };

const attributes: Record<string, Attributes> = {
  'AWS::Lambda::Function': { Ref: (named) => named.name, Arn: ({ name }) => arn('lambda', `function:${name}`) },
  'AWS::Lambda::Version': { Ref: ({ name }) => `${arn('lambda', `function:${name}`)}:1`, Version: () => '1' },
  'AWS::Lambda::LayerVersion': {
    Ref: ({ name }) => arn('lambda', `layer:${name}:1`),
    LayerVersionArn: ({ name }) => arn('lambda', `layer:${name}:1`),
  },
  'AWS::IAM::Role': { Ref: (named) => named.name, Arn: ({ name }) => arn('iam', `role/${name}`, { region: '' }) },
  'AWS::DynamoDB::Table': tableAttributes,
  'AWS::DynamoDB::GlobalTable': tableAttributes,
  'AWS::SQS::Queue': {
    Ref: queueUrl,
    QueueUrl: queueUrl,
    QueueName: (named) => named.name,
    Arn: ({ name }) => arn('sqs', name),
  },
  'AWS::ApiGatewayV2::Api': {
    Ref: ({ logicalId }) => apiId(logicalId),
    ApiId: ({ logicalId }) => apiId(logicalId),
    ApiEndpoint: (_named, to) => to.apiEndpoint,
  },
  'AWS::Events::EventBus': {
    Ref: (named) => named.name,
    Name: (named) => named.name,
    Arn: ({ name }) => arn('events', `event-bus/${name}`),
  },
  'AWS::Events::Rule': { Ref: (named) => named.name, Arn: ({ name }) => arn('events', `rule/${name}`) },
  'AWS::Scheduler::Schedule': {
    Ref: (named) => named.name,
    Arn: ({ name }) => arn('scheduler', `schedule/default/${name}`),
  },
  'AWS::Logs::LogGroup': { Ref: (named) => named.name, Arn: ({ name }) => arn('logs', `log-group:${name}:*`) },
  'AWS::CloudWatch::Alarm': { Ref: (named) => named.name, Arn: ({ name }) => arn('cloudwatch', `alarm:${name}`) },
  'AWS::SecretsManager::Secret': { Ref: ({ name }) => secretArn(name), Id: ({ name }) => secretArn(name) },
  'AWS::SNS::Topic': { Ref: ({ name }) => arn('sns', name), TopicArn: ({ name }) => arn('sns', name) },
};

/** The attribute of a resource, or undefined when this cloud has no such attribute. `attribute` undefined means `Ref`. */
export function attributeOf(named: Named, attribute: string | undefined, addresses: Addresses): string | undefined {
  const known = attributes[named.resource.Type];
  if (!known) return attribute === undefined ? named.name : undefined;
  return known[attribute ?? 'Ref']?.(named, addresses);
}

/** A stream's label is its creation time; ours never changes, so an ARN in a log means the same stream tomorrow. */
export function streamArn(tableName: string): string {
  return arn('dynamodb', `table/${tableName}/stream/2024-01-01T00:00:00.000`);
}

/** CloudFormation ends the id of a stack with one of its own. */
export function stackId(stackName: string): string {
  return arn('cloudformation', `stack/${stackName}/local`);
}

/** API ids are ten characters of lower-case base 36 on AWS; ours is derived from the logical id. */
export function apiId(logicalId: string): string {
  return createHash('sha256').update(logicalId).digest('hex').slice(0, 10);
}

/** Secrets Manager appends six random characters; ours are derived from the name. */
export function secretArn(name: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return arn('secretsmanager', `secret:${name}-${suffix}`);
}
