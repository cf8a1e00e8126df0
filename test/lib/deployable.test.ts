import { describe, expect, it } from 'vitest';
import { functionKeys, routeTable } from '#lib/routes.ts';
import type { StackSource } from '#lib/synth.ts';
import { routeKeyFault } from '#local/deploy-rules/api-rules.ts';
import { readTemplate } from '#local/template/read.ts';
import { config, withStack } from './stack-fixture.ts';
import { everyStack } from './whole.ts';

/** The product's templates, and the way to read them as the one-machine cloud does. */
const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };
const product = await withStack({}, (made): StackSource => made);

function copyOf({ template, assetPath, nested }: StackSource): StackSource {
  const copies = Object.entries(nested).map(([id, inner]) => [id, copyOf(inner)]);
  return { template: structuredClone(template), assetPath, nested: Object.fromEntries(copies) };
}

// The assets are gone by now; a fault of the template is found before anybody looks for them.
function refusalOf(change: (source: StackSource) => void): string {
  const source = copyOf(product);
  change(source);
  try {
    readTemplate({ ...source, stackName: 'stowage', addresses });
  } catch (error) {
    return String(error);
  }
  return '';
}

type Properties = Record<string, unknown>;

const resourcesOf = (source: StackSource) =>
  everyStack(source).flatMap(({ template }) => Object.values(template.Resources));

/** Changes the first resource of a type (with a property, when one is named), in whichever stack it lies. */
const set = (type: string, change: (properties: Properties) => void, having?: string) => (source: StackSource) => {
  const found = resourcesOf(source).find(
    ({ Type, Properties = {} }) => Type === type && (having === undefined || having in Properties),
  );
  if (!found?.Properties) throw new Error(`The template has no ${type}`);
  change(found.Properties);
};
const put = (type: string, values: Properties, having?: string) =>
  set(type, (properties) => Object.assign(properties, values), having);
const [route, lambda, mapping] = [
  'AWS::ApiGatewayV2::Route',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
];
const [table, queue, alarm, role] = [
  'AWS::DynamoDB::Table',
  'AWS::SQS::Queue',
  'AWS::CloudWatch::Alarm',
  'AWS::IAM::Role',
];
const ofStream = 'StartingPosition';
const ofQueue = 'ScalingConfig';
const text = (length: number) => 'x'.repeat(length);

describe('the product', () => {
  const { r2: _, alarmEmail: __, imageConcurrency: ___, ...bare } = config;

  it.each([
    ['with every setting', config],
    ['with no optional setting', { ...bare, corsOrigins: [], protectData: false }],
    ['with a page of any origin', { ...config, corsOrigins: ['*'] }],
  ])('%s is refused neither by AWS’s validator nor by these rules', async (_name, settings) => {
    await withStack({ config: settings }, (made) => {
      expect(readTemplate({ ...made, addresses }).functions).toHaveLength(functionKeys(routeTable).length);
    });
  });

  it('keeps every role far below the length where IAM refuses it, since real names are longer than these', () => {
    const lengths = resourcesOf(product)
      .filter(({ Type }) => Type === role)
      .map(({ Properties }) => JSON.stringify(Properties?.Policies).length);
    expect(Math.max(...lengths)).toBeLessThan(5000);
  });

  it('is held to CloudFormation’s own schemas at synth: what they refuse is no mere warning', async () => {
    const source = { schedule: 'rate(1 hours)' };
    const workers = { 'a/one': { source, uses: [], timeoutSeconds: 30, summary: 'One' } };
    await expect(withStack({ routes: { endpoints: {}, workers } }, () => undefined)).rejects.toThrow(
      /'hours' is not one/,
    );
  });
});

describe('a template that AWS refuses', () => {
  it.each<[string, (source: StackSource) => void, RegExp]>([
    [
      'a slash at the end of a path',
      put(route, { RouteKey: 'GET /a/' }),
      /"GET \/a\/" has a path that ends with a slash/,
    ],
    ['an unknown method', put(route, { RouteKey: 'FETCH /a' }), /has the method FETCH/],
    ['the same path under other names', put(route, { RouteKey: 'GET /v1/upload/{other}' }), /conflicts with the route/],
    ['an integration that waits too long', put('AWS::ApiGatewayV2::Integration', { TimeoutInMillis: 30_001 }), /30000/],
    [
      'credentials for every origin',
      put('AWS::ApiGatewayV2::Api', { CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: true } }),
      /credentials of every origin/,
    ],
    ['a preflight kept too long', put('AWS::ApiGatewayV2::Api', { CorsConfiguration: { MaxAge: 86_401 } }), /86400/],
    ['too much environment', put(lambda, { Environment: { Variables: { TEXT: text(4100) } } }), /more than 4096/],
    ['a name Lambda keeps', put(lambda, { Environment: { Variables: { AWS_REGION: 'x' } } }), /Lambda keeps/],
    ['too much memory', put(lambda, { MemorySize: 10_241 }), /10240/],
    ['a description too long', put(lambda, { Description: text(257) }), /256/],
    ['a runtime that is gone', put(lambda, { Runtime: 'nodejs18.x' }), /Runtime/],
    ['too long a policy', set(role, tooLong), /more than 10240/],
    [
      'a queue that shows a message while its function is at it',
      put(queue, { VisibilityTimeout: 10 }, 'RedrivePolicy'),
      /hides messages for 10 s, its function may run for 60 s/,
    ],
    ['a message received too often', set(queue, receivedTooOften, 'RedrivePolicy'), /maxReceiveCount .*1000/],
    ['two encryptions', put(queue, { KmsMasterKeyId: 'alias/own', SqsManagedSseEnabled: true }), /by a key of its own/],
    [
      'a large batch without a window',
      put(mapping, { BatchSize: 11 }, ofQueue),
      /needs a MaximumBatchingWindowInSeconds/,
    ],
    ['one poller', put(mapping, { ScalingConfig: { MaximumConcurrency: 1 } }, ofQueue), /MaximumConcurrency/],
    [
      'a queue with a position',
      put(mapping, { StartingPosition: 'LATEST' }, ofQueue),
      /StartingPosition is not for queues/,
    ],
    ['a queue that is bisected', put(mapping, { BisectBatchOnFunctionError: true }, ofQueue), /not for queues/],
    [
      'a stream without a position',
      set(mapping, (one) => delete one.StartingPosition, ofStream),
      /needs a StartingPosition/,
    ],
    [
      'a stream with a concurrency',
      put(mapping, { ScalingConfig: { MaximumConcurrency: 5 } }, ofStream),
      /not for streams/,
    ],
    [
      'six filters',
      put(mapping, { FilterCriteria: { Filters: Array.from({ length: 6 }, () => ({ Pattern: '{"a":[1]}' })) } }),
      /Filters/,
    ],
    [
      'a filter that is no JSON',
      put(mapping, { FilterCriteria: { Filters: [{ Pattern: '{a' }] } }),
      /not a JSON object/,
    ],
    [
      'a filter that compares with a bare value',
      put(mapping, { FilterCriteria: { Filters: [{ Pattern: '{"a":"b"}' }] } }),
      /list of alternatives/,
    ],
    [
      'an attribute no key uses',
      set(table, (one) => add(one.AttributeDefinitions, { AttributeName: 'more', AttributeType: 'S' })),
      /defines more, which no key uses/,
    ],
    [
      'a key nobody defines',
      set(table, (one) => (one.AttributeDefinitions as unknown[]).pop()),
      /does not define dueAt/,
    ],
    ['a sort key first', set(table, (one) => (one.KeySchema as unknown[]).reverse()), /HASH key, then/],
    [
      'an unknown type',
      put(table, { AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'BOOL' }] }),
      /AttributeType/,
    ],
    ['an unknown view', put(table, { StreamSpecification: { StreamViewType: 'ALL' } }), /StreamViewType/],
    [
      'expiry without an attribute',
      put(table, { TimeToLiveSpecification: { Enabled: true } }),
      /must name its attribute/,
    ],
    ['throughput of a table billed by request', put(table, { ProvisionedThroughput: {} }), /billed by request/],
    ['days a log cannot be kept', put('AWS::Logs::LogGroup', { RetentionInDays: 31 }), /must be one of/],
    ['a period of seven seconds', put(alarm, { Period: 7 }, 'Period'), /multiple of 60/],
    ['a metric without a statistic', set(alarm, (one) => delete one.Statistic, 'Period'), /one statistic/],
    ['an unknown comparison', put(alarm, { ComparisonOperator: 'More' }), /ComparisonOperator/],
    ['a look back of more than a day', put(alarm, { Period: 300, EvaluationPeriods: 289 }, 'Period'), /86700 seconds/],
    ['two results of one alarm', set(alarm, twoResults, 'Metrics'), /2 metrics instead of one/],
    ['an unknown way to tell', put('AWS::SNS::Subscription', { Protocol: 'mail' }), /Protocol/],
  ])('for %s does not boot here', (_name, change, reason) => {
    expect(refusalOf(change)).toMatch(reason);
    expect(refusalOf(change)).toContain('AWS would refuse to deploy this template');
  });

  it('is told of with every reason at once, each with the name of its resource', () => {
    const refusal = refusalOf((source) => {
      put(lambda, { MemorySize: 1 })(source);
      put('AWS::Logs::LogGroup', { RetentionInDays: 2 })(source);
    });
    expect(refusal.split('\n')).toHaveLength(3);
    expect(refusal).toMatch(/Function\w+ \(AWS::Lambda::Function\): MemorySize/);
  });
});

describe('a route key', () => {
  it.each(['$default', 'GET /', 'ANY /{proxy+}', 'GET /a/{b}/c', 'PATCH /a.b-c_d/{e_f}/{g+}', 'OPTIONS /{proxy+}'])(
    '%s can be deployed',
    (key) => {
      expect(routeKeyFault(key)).toBeUndefined();
    },
  );

  it.each([
    'GET',
    'GET a',
    'get /a',
    'GET  /a',
    'GET /a b',
    'GET /a/',
    'GET /a//b',
    'GET /{a+}/b',
    'GET /{a}/{a}',
    'GET /a{b}',
    'GET /{a b}',
    'GET /{}',
    'GET /a?b=c',
    'GET /a#b',
    'TRACE /a',
    '$DEFAULT',
  ])('%s cannot', (key) => {
    expect(routeKeyFault(key)).toBeDefined();
  });
});

function add(list: unknown, item: unknown): void {
  (list as unknown[]).push(item);
}

function tooLong({ Policies }: Properties): void {
  const [policy] = Policies as { PolicyDocument: { Statement: unknown[] } }[];
  const statement = { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: `arn:aws:dynamodb:${text(200)}` };
  for (let count = 0; count < 40; count += 1) add(policy?.PolicyDocument.Statement, statement);
}

function receivedTooOften({ RedrivePolicy }: Properties): void {
  Object.assign(RedrivePolicy as Properties, { maxReceiveCount: 1001 });
}

function twoResults({ Metrics }: Properties): void {
  for (const metric of (Metrics as Properties[]).slice(0, 2)) metric.ReturnData = true;
  for (const metric of (Metrics as Properties[]).slice(2)) metric.ReturnData = false;
}
