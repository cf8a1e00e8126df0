/**
 * Turns a synthesized template into the model the one-machine cloud serves. A resource type that is neither read nor
 * on the ignore list stops the boot by name: what the stack deploys must not silently be missing here. Nor does what AWS
 * would refuse to deploy boot here.
 */
import { passedLimits } from '../../lib/template-limits.ts';
import { refusals, ruledTypes } from '../deploy-rules/refusals.ts';
import { readPolicies } from '../iam/read.ts';
import { type Addresses, attributeOf, nameProperty } from './attributes.ts';
import { type CfnTemplate, createResolver } from './intrinsics.ts';
import type { CloudModel, Resource } from './model.ts';
import { readApis } from './read-api.ts';
import { readQueues, readSecrets, readTables } from './read-data.ts';
import { readMappings, readSchedules } from './read-events.ts';
import { readFunctions, readPermissions } from './read-functions.ts';

/** Types with no effect on one machine, each with the reason. */
const ignored: Record<string, string> = {
  'AWS::CDK::Metadata': 'usage statistics of the CDK',
  'AWS::CloudWatch::Alarm': 'nothing is measured locally',
  'AWS::CloudWatch::Dashboard': 'nothing is measured locally',
  'AWS::Logs::LogGroup': 'logs are files',
  'AWS::Logs::MetricFilter': 'nothing is measured locally',
  'AWS::SNS::Topic': 'only alarms publish to topics',
  'AWS::SNS::Subscription': 'only alarms publish to topics',
  'AWS::SNS::TopicPolicy': 'only alarms publish to topics',
  'AWS::SQS::QueuePolicy': 'resource policies demand TLS, which loopback has not; grants are on the roles',
  'AWS::ApiGatewayV2::Stage': 'one stage, $default, without throttling',
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
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::Events::Rule',
  'AWS::Scheduler::Schedule',
  'AWS::SecretsManager::Secret',
]);

export interface ReadOptions {
  template: CfnTemplate;
  /** The templates as they are deployed, by name, when `template` is several as one: limits hold for each. */
  parts?: Readonly<Record<string, CfnTemplate>>;
  stackName: string;
  addresses: Addresses;
  /** Directory of a function's code or a layer's files; throws when the resource has none. */
  assetDir(logicalId: string): string;
  /** Values of secrets by name. */
  secrets?: Record<string, string>;
}

/** Reads the whole template. Throws one error that lists every resource type this cloud does not know. */
export function readTemplate(options: ReadOptions): CloudModel {
  const { template, stackName, addresses } = options;
  const resolver = createResolver({ template, stackName, attribute, secrets: options.secrets ?? {} });

  function nameOf(logicalId: string): string {
    const resource = template.Resources[logicalId];
    const property = resource && nameProperty[resource.Type];
    const explicit = property ? resource.Properties?.[property] : undefined;
    if (explicit === undefined) return `${stackName}-${logicalId}`;
    return String(resolver.resolve(explicit, `${logicalId}.${property}`));
  }

  function attribute(logicalId: string, name: string | undefined): string | undefined {
    const resource = template.Resources[logicalId];
    if (!resource) return undefined;
    // Routes name their integration by its id, roles name themselves in policies: everything else has its own form.
    const named = { logicalId, resource, name: nameProperty[resource.Type] ? nameOf(logicalId) : logicalId };
    return attributeOf(named, name, addresses);
  }

  const present = Object.entries(template.Resources).filter(([, resource]) => resolver.condition(resource.Condition));
  const unknown = present.filter(([, { Type }]) => !read.has(Type) && !(Type in ignored));
  if (unknown.length > 0) {
    const names = unknown.map(([logicalId, { Type }]) => `${logicalId} (${Type})`).join(', ');
    throw new Error(`The one-machine cloud does not know these resources: ${names}`);
  }
  const resources: (Resource & { name: string })[] = present
    .filter(([, { Type }]) => read.has(Type) || ruledTypes.has(Type))
    .map(([logicalId, resource]) => ({
      logicalId,
      type: resource.Type,
      name: nameOf(logicalId),
      properties: resolver.resolve(resource.Properties ?? {}, logicalId),
    }));
  const parts = Object.entries(options.parts ?? { [stackName]: template });
  const refused = [...parts.flatMap(([name, part]) => passedLimits(name, part)), ...refusals(resources)];
  if (refused.length > 0) throw new Error(`AWS would refuse to deploy this template:\n  ${refused.join('\n  ')}`);
  const of = (...types: string[]) => resources.filter((resource) => types.includes(resource.type));

  const functions = readFunctions(
    of('AWS::Lambda::Function'),
    of('AWS::Lambda::LayerVersion'),
    of('AWS::Lambda::EventInvokeConfig'),
    options.assetDir,
  );
  return {
    stackName,
    functions,
    permissions: readPermissions(of('AWS::Lambda::Permission')),
    apis: readApis({
      apis: of('AWS::ApiGatewayV2::Api'),
      routes: of('AWS::ApiGatewayV2::Route'),
      integrations: of('AWS::ApiGatewayV2::Integration'),
    }),
    queues: readQueues(of('AWS::SQS::Queue')),
    tables: readTables(of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')),
    secrets: readSecrets(of('AWS::SecretsManager::Secret')),
    mappings: readMappings(of('AWS::Lambda::EventSourceMapping')),
    schedules: readSchedules(of('AWS::Events::Rule'), of('AWS::Scheduler::Schedule')),
    roles: readPolicies(of('AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')),
  };
}
