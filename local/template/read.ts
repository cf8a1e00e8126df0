/**
 * Turns a synthesized template into the model the one-machine cloud serves. A resource type that is neither read nor
 * on the ignore list stops the boot by name: what the stack deploys must not silently be missing here. Nor does what AWS
 * would refuse to deploy boot here.
 */
import { refusals, ruledTypes } from '../deploy-rules/refusals.ts';
import { readPolicies } from '../iam/read.ts';
import type { Addresses } from './attributes.ts';
import type { CloudModel } from './model.ts';
import { readApis } from './read-api.ts';
import { readBuses, readQueues, readSecrets, readTables } from './read-data.ts';
import { readMappings, readSchedules } from './read-events.ts';
import { readFunctions, readPermissions } from './read-functions.ts';
import { nestedStackType, openStacks, type StackSource } from './stacks.ts';

/** Types with no effect on one machine, each with the reason. */
const ignored: Record<string, string> = {
  'AWS::CDK::Metadata': 'usage statistics of the CDK',
  [nestedStackType]: 'its own resources are served',
  'AWS::CloudWatch::Alarm': 'nothing is measured locally',
  'AWS::CodeDeploy::Application': 'a start deploys everything at once',
  'AWS::CodeDeploy::DeploymentGroup': 'a start deploys everything at once',
  'AWS::Lambda::Version': 'the only one there is runs',
  'AWS::Lambda::Alias': 'names the only version there is',
  'AWS::CloudWatch::Dashboard': 'nothing is measured locally',
  'AWS::Logs::LogGroup': 'logs are files',
  'AWS::Logs::MetricFilter': 'nothing is measured locally',
  'AWS::SNS::Topic': 'only alarms publish to topics',
  'AWS::SNS::Subscription': 'only alarms publish to topics',
  'AWS::SNS::TopicPolicy': 'only alarms publish to topics',
  'AWS::SQS::QueuePolicy': 'resource policies demand TLS, which loopback has not; grants are on the roles',
  'AWS::ApiGatewayV2::ApiMapping': 'the API answers at its own address',
  'AWS::ApiGatewayV2::DomainName': 'names and certificates have no local counterpart',
};

const read = new Set([
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Permission',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::SQS::Queue',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Stage',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::Secret',
]);

export interface ReadOptions extends StackSource {
  stackName: string;
  addresses: Addresses;
  /** Values of secrets by name. */
  secrets?: Record<string, string>;
}

/** Reads a stack and those nested in it. Throws one error that lists every resource type this cloud does not know. */
export function readTemplate(options: ReadOptions): CloudModel {
  const { stackName, addresses, secrets = {} } = options;
  const { present, faults } = openStacks(options, { stackName, addresses, secrets });
  const unknown = present.filter(({ type }) => !read.has(type) && !(type in ignored));
  if (unknown.length > 0) {
    const names = unknown.map(({ logicalId, type }) => `${logicalId} (${type})`).join(', ');
    throw new Error(`The one-machine cloud does not know these resources: ${names}`);
  }
  const resources = present.filter(({ type }) => read.has(type) || ruledTypes.has(type)).map(({ locate }) => locate());
  const refused = [...faults, ...refusals(resources)];
  if (refused.length > 0) throw new Error(`AWS would refuse to deploy this template:\n  ${refused.join('\n  ')}`);
  const of = (...types: string[]) => resources.filter((resource) => types.includes(resource.type));

  const functions = readFunctions(
    of('AWS::Lambda::Function'),
    of('AWS::Lambda::LayerVersion'),
    of('AWS::Lambda::EventInvokeConfig'),
  );
  return {
    stackName,
    functions,
    permissions: readPermissions(of('AWS::Lambda::Permission')),
    apis: readApis({
      apis: of('AWS::ApiGatewayV2::Api'),
      stages: of('AWS::ApiGatewayV2::Stage'),
      routes: of('AWS::ApiGatewayV2::Route'),
      integrations: of('AWS::ApiGatewayV2::Integration'),
    }),
    queues: readQueues(of('AWS::SQS::Queue')),
    tables: readTables(of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')),
    buses: readBuses(of('AWS::Events::EventBus')),
    secrets: readSecrets(of('AWS::SecretsManager::Secret')),
    mappings: readMappings(of('AWS::Lambda::EventSourceMapping')),
    schedules: readSchedules(of('AWS::Events::Rule'), of('AWS::Scheduler::Schedule')),
    roles: readPolicies(of('AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')),
  };
}
