/**
 * What AWS refuses at deploy although CloudFormation's schemas let it pass: limits, pairs of properties that exclude each
 * other, and what must fit between two resources. The validator that CDK runs at synth (`@aws/cloudformation-validate`)
 * knows the schemas; it was tried with each of these and found nothing. A template that is refused never boots here.
 */
import type * as z from 'zod';
import type { Resource } from '../template/model.ts';
import { alarm, logGroup, subscription } from './alarm-rules.ts';
import { api, integration, oneApi, route, stage } from './api-rules.ts';
import { bus, deadLettersOfOneKind, queue, table } from './data-rules.ts';
import { invokeConfig, lambda, mapping, queueOutlastsFunction, role } from './function-rules.ts';
import { dashboard, filtersOfGroup, metricFilter } from './metric-rules.ts';

/** What one resource must be, by type. */
const schemas: Record<string, z.ZodType> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Integration': integration,
  'AWS::ApiGatewayV2::Route': route,
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::CloudWatch::Dashboard': dashboard,
  'AWS::DynamoDB::Table': table,
  'AWS::Events::EventBus': bus,
  'AWS::IAM::Role': role,
  'AWS::Lambda::EventInvokeConfig': invokeConfig,
  'AWS::Lambda::EventSourceMapping': mapping,
  'AWS::Lambda::Function': lambda,
  'AWS::Logs::LogGroup': logGroup,
  'AWS::Logs::MetricFilter': metricFilter,
  'AWS::SNS::Subscription': subscription,
  'AWS::SQS::Queue': queue,
};

/** Types that have rules, so that the reader resolves them too. */
export const ruledTypes: ReadonlySet<string> = new Set(Object.keys(schemas));

/** Every reason AWS has to refuse these resources, each with the resource's name; none when they can be deployed. */
export function refusals(resources: readonly Resource[]): string[] {
  const alone = resources.flatMap(({ logicalId, type, properties }) => {
    const issues = schemas[type]?.safeParse(properties).error?.issues ?? [];
    return issues.map(({ path, message }) => `${logicalId} (${type}): ${[...path, message].join(' ')}`);
  });
  return [
    ...alone,
    ...oneApi(resources),
    ...filtersOfGroup(resources),
    ...queueOutlastsFunction(resources),
    ...deadLettersOfOneKind(resources),
  ];
}
