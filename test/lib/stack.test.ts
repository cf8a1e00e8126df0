import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { type EndpointRow, routeTable } from '#lib/routes.ts';
import { createTableInput } from '#lib/table-schema.ts';
import { config, withStack } from './stack-fixture.ts';
import { everyStack, whole } from './whole.ts';

/** Written out again: OPTIONS is none of them, since the gateway answers preflights only where no route matches them. */
const fallbackRoutes = [
  'GET /',
  ...['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].map((method) => `${method} /{proxy+}`),
];

const deployed = await withStack({}, whole);
const stack = Template.fromJSON(deployed);

describe('the table', () => {
  test('is the one the store is tested with', () => {
    const { TableName: _, StreamSpecification, ...schema } = createTableInput('any');
    stack.hasResourceProperties('AWS::DynamoDB::Table', {
      ...schema,
      StreamSpecification: { StreamViewType: StreamSpecification.StreamViewType },
    });
    expect(schema.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)).toEqual([
      'byApp',
      'bySession',
      'byHolder',
      'byOwner',
      'byDue',
    ]);
  });

  test('defines exactly the attributes its keys use, numbers for time', () => {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = createTableInput('any');
    const used = [KeySchema, ...GlobalSecondaryIndexes.map((index) => index.KeySchema)].flat();
    expect(AttributeDefinitions.map(({ AttributeName }) => AttributeName).sort()).toEqual(
      [...new Set(used.map(({ AttributeName }) => AttributeName))].sort(),
    );
    expect(AttributeDefinitions).toContainEqual({ AttributeName: 'dueAt', AttributeType: 'N' });
  });

  test('expires tickets, streams both images and keeps its past', () => {
    stack.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });

  test('of a throw-away stage goes with the stack, logs included', async () => {
    const throwAway = await withStack({ config: { ...config, protectData: false } }, whole);
    Template.fromJSON(throwAway).hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
    for (const { DeletionPolicy } of Object.values(throwAway.Resources) as { DeletionPolicy?: string }[]) {
      expect(DeletionPolicy ?? 'Delete').toBe('Delete');
    }
  });
});

describe('the cleanup queue', () => {
  test('gives up on a message after five tries and keeps it for 14 days', () => {
    stack.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: { maxReceiveCount: 5 },
      SqsManagedSseEnabled: true,
    });
    stack.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * 24 * 3600,
      RedrivePolicy: Match.absent(),
      SqsManagedSseEnabled: true,
    });
  });

  test('hides a batch for six times as long as its worker may run', () => {
    const slowest = Math.max(
      ...Object.values(routeTable.workers).flatMap(({ source, timeoutSeconds }) =>
        'queue' in source && source.queue === 'cleanup' ? timeoutSeconds : [],
      ),
    );
    const [queue] = Object.values(
      stack.findResources('AWS::SQS::Queue', { Properties: { RedrivePolicy: Match.anyValue() } }),
    );
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * slowest);
  });

  test('lets a worker report which messages of a batch failed', () => {
    stack.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: Match.anyValue() },
    });
  });

  test('is not mistaken for an endless loop when a worker sends itself the next page', () => {
    stack.resourcePropertiesCountIs('AWS::Lambda::Function', { RecursiveLoop: 'Allow' }, 1);
  });
});

describe('alarms', () => {
  // Beside one a worker: 28 whatever is set, and of events what came late, what was lost, what nobody reads, what webhooks
  // refused, and what a secret keeps from them.
  const alarms = 28 + 5;

  test('watch dead letters, failing answers and throwing workers, and tell the address of the settings', () => {
    stack.resourceCountIs('AWS::CloudWatch::Alarm', alarms + Object.keys(routeTable.workers).length);
    stack.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [Match.anyValue()] });
    stack.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'alarms@app.test' });
    const [deadLetters] = Object.keys(
      stack.findResources('AWS::SQS::Queue', { Properties: { RedrivePolicy: Match.absent() } }),
    );
    stack.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [deadLetters, 'QueueName'] } }],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });

  test('exist without an address, and then notify nobody', async () => {
    const { alarmEmail: _, ...silent } = config;
    const template = Template.fromJSON(await withStack({ config: silent }, whole));
    template.resourceCountIs('AWS::CloudWatch::Alarm', alarms + Object.keys(routeTable.workers).length);
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });
});

describe('the API', () => {
  test('has every route of the table and no other', () => {
    const routes = Object.values(stack.findResources('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties.RouteKey,
    );
    expect(routes.sort()).toEqual(
      Object.values(routeTable.endpoints)
        .map(({ method, path }: EndpointRow) => `${method} ${path}`)
        .concat(fallbackRoutes)
        .sort(),
    );
  });

  test('hands requests over in payload 2.0 and waits 29 seconds', () => {
    stack.allResourcesProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 29000,
    });
  });

  test('throttles, and logs nothing that opens a file', () => {
    const [stage] = Object.values(stack.findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingBurstLimit: 400, ThrottlingRateLimit: 200 });
    const format: string = stage?.Properties.AccessLogSettings.Format;
    expect(format).toContain('$context.routeKey');
    // A path may hold a signer's form token; a query holds signatures; headers hold tokens.
    expect(format).not.toMatch(/path|query|header|authoriz|\$request/i);
  });

  test('answers the browsers of the settings, with the headers the product reads', () => {
    stack.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: {
        AllowOrigins: ['https://app.test'],
        AllowHeaders: ['authorization', 'content-type', 'x-chastify-main-token', 'idempotency-key'],
        AllowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
      },
    });
  });

  test('has no CORS when no page is named', async () => {
    const template = await withStack({ config: { ...config, corsOrigins: [] } }, whole);
    Template.fromJSON(template).hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() });
  });
});

test('every log group forgets after the days of the settings', () => {
  stack.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  stack.resourceCountIs(
    'AWS::Logs::LogGroup',
    Object.keys(deployed.Resources).filter((id) => /Function[0-9A-F]{8}$/.test(id)).length + 1,
  );
});

test('every function and layer of the template says where its files are', async () => {
  await withStack({}, (made) => {
    for (const { template, assetPath } of everyStack(made)) {
      for (const [id, { Type }] of Object.entries(template.Resources)) {
        if (Type === 'AWS::Lambda::Function') expect(existsSync(join(assetPath(id), 'index.mjs'))).toBe(true);
        if (Type === 'AWS::Lambda::LayerVersion') expect(existsSync(join(assetPath(id), 'package.json'))).toBe(true);
        if (Type === 'AWS::DynamoDB::Table') expect(() => assetPath(id)).toThrow(/no asset/);
      }
    }
  });
});
