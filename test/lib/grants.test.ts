import { describe, expect, test } from 'vitest';
import { imageAllocator } from '#lib/constructs/endpoint-function.ts';
import {
  type EndpointRow,
  type FallbackRow,
  routeTable,
  type Use,
  type WorkerRow,
  type WorkerSource,
} from '#lib/routes.ts';
import type { Template, TemplateResource } from '#lib/synth.ts';
import { config, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

const template = await withStack({}, whole);
const rows: [string, EndpointRow | WorkerRow | FallbackRow][] = [
  ['fallback', routeTable.fallback],
  ...Object.entries(routeTable.endpoints),
  ...Object.entries(routeTable.workers),
];

type Statement = { Action: string | string[]; Effect: string; Resource: unknown };

const reads = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const writes = ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
const consume = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];

/** And where to note what failed for good. */
const readStream = [
  'sqs:SendMessage',
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

function sourceActions(source: WorkerSource): string[] {
  if ('queue' in source) return consume;
  // One right a queue.
  if ('webhooks' in source) return [...consume, ...consume];
  return 'schedule' in source ? [] : readStream;
}

/** Written out again, apart from the constructs: a right that slips into a construct must fail here. */
const actionsOf: Record<Use, string[]> = {
  'table.read': reads,
  'table.write': [...reads, ...writes],
  'table.mark': [...reads, 'dynamodb:UpdateItem'],
  r2: ['secretsmanager:GetSecretValue'],
  'table.scan': ['dynamodb:Scan', 'dynamodb:DescribeTable'],
  'table.describe': ['dynamodb:DescribeTable'],
  'r2.names': [],
  'cleanup.send': ['sqs:SendMessage'],
  'lifecycle.send': ['sqs:SendMessage'],
  'events.send': ['events:PutEvents', 'sqs:SendMessage'],
  'webhooks.deliver': ['secretsmanager:GetSecretValue'],
  'deadLetters.read': ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ListMessageMoveTasks'],
  'deadLetters.redrive': [
    'sqs:ListMessageMoveTasks',
    'sqs:StartMessageMoveTask',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:SendMessage',
  ],
  'scan.policy': [],
  'scan.send': [],
  images: [],
};

const r2Names = {
  R2_ENDPOINT: 'https://account.r2.cloudflarestorage.com',
  R2_BUCKET_NAME: 'files',
  R2_PUBLIC_BUCKET_NAME: 'files-public',
  R2_COMPLIANCE_BUCKET_NAME: 'files-compliance',
  PUBLIC_BASE_URL: 'https://files.test',
};
const tokenNames = {
  TOKEN_JWKS_URL: 'https://auth.test/jwks.json',
  TOKEN_ISSUER: 'https://auth.test/',
  TOKEN_AUDIENCE: 'stowage-test',
};

interface FunctionProperties {
  Environment: { Variables: Record<string, unknown> };
  Role: { 'Fn::GetAtt': [string, string] };
  Layers?: unknown[];
  ReservedConcurrentExecutions?: number;
}

function functionOf(row: { summary: string }): FunctionProperties {
  const found = Object.values(template.Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties?.Description === row.summary,
  );
  expect(found).toHaveLength(1);
  return found[0]?.Properties as unknown as FunctionProperties;
}

function statementsOf(row: { summary: string }): Statement[] {
  const [roleId] = functionOf(row).Role['Fn::GetAtt'];
  const role = template.Resources[roleId]?.Properties as {
    Policies: { PolicyDocument: { Statement: Statement[] } }[];
    ManagedPolicyArns?: unknown;
  };
  expect(role.ManagedPolicyArns).toBeUndefined();
  return role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

function logicalId(type: string, prefix: string): string {
  const found = Object.entries(template.Resources).filter(([id, { Type }]) => Type === type && id.startsWith(prefix));
  expect(found).toHaveLength(1);
  return found[0]?.[0] ?? '';
}

test('no right stands outside the roles, where the tests below would not see it', () => {
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::IAM::Policy' || type === 'AWS::IAM::ManagedPolicy')).toEqual([]);
});

describe.each(rows)('%s', (_key, row) => {
  const isEndpoint = 'auth' in row;

  test('may do what its row says, and nothing else', () => {
    const wanted = ['logs:CreateLogStream', 'logs:PutLogEvents', ...row.uses.flatMap((use) => actionsOf[use])];
    if (!isEndpoint) wanted.push(...sourceActions(row.source));
    expect(
      statementsOf(row)
        .flatMap(({ Action }) => Action)
        .sort(),
    ).toEqual(wanted.sort());
  });

  test('reads exactly the environment of its row', () => {
    const { Variables } = functionOf(row).Environment;
    const usesTable = row.uses.some((use) => use.startsWith('table.'));
    expect(Variables).toEqual({
      CACHE_SECONDS: '5',
      METRICS_SERVICE: 'stowage-test',
      ...(row.uses.includes('images') && imageAllocator),
      ...(usesTable && { TABLE_NAME: { Ref: logicalId('AWS::DynamoDB::Table', 'Table') } }),
      ...(row.uses.includes('table.scan') && { ORPHAN_GRACE_DAYS: '7', RECONCILE_PASS_HOURS: '6' }),
      ...(row.uses.some((use) => use === 'r2' || use === 'r2.names') && r2Names),
      ...(row.uses.includes('r2') && { R2_SECRET_ID: 'stowage/test/r2', R2_CREDENTIAL_SECONDS: '300' }),
      ...(row.uses.includes('cleanup.send') && {
        CLEANUP_QUEUE_URL: { Ref: logicalId('AWS::SQS::Queue', 'CleanupQueue') },
      }),
      ...(row.uses.includes('lifecycle.send') && {
        LIFECYCLE_QUEUE_URL: { Ref: logicalId('AWS::SQS::Queue', 'LifecycleQueue') },
      }),
      ...(row.uses.some((use) => use.startsWith('deadLetters.')) && { DEAD_LETTERS: expect.anything() }),
      ...(row.uses.includes('events.send') && {
        EVENT_BUS_NAME: { Ref: logicalId('AWS::Events::EventBus', 'EventsBus') },
        EVENT_SOURCE: 'stowage.test',
        WEBHOOK_QUEUES: expect.anything(),
      }),
      // As on the one-machine cloud, whose layer the fixture has.
      ...(row.uses.includes('webhooks.deliver') && { WEBHOOKS: expect.anything(), WEBHOOK_LOOPBACK: '1' }),
      ...(isEndpoint && row.auth !== 'public' && tokenNames),
    });
  });

  test('runs on arm64 Node 24 with the memory and time it needs', () => {
    const properties = functionOf(row);
    const images = row.uses.includes('images');
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: images ? 1769 : 512,
      Timeout: isEndpoint ? 29 : row.timeoutSeconds,
      LoggingConfig: { LogFormat: 'JSON' },
    });
    expect(properties.Layers !== undefined).toBe(images);
    expect(properties.ReservedConcurrentExecutions).toBe(images ? config.imageConcurrency : undefined);
  });
});

test('no right reaches beyond one table, one queue, one secret and one log group', () => {
  const allowed = Object.values(template.Resources)
    .flatMap(({ Properties }) => findStatements(Properties))
    .filter(({ Effect }) => Effect === 'Allow');
  expect(allowed.length).toBeGreaterThan(rows.length);
  // Listing streams takes no resource: AWS's managed policy and CDK's own grant have it on all.
  const beyond = allowed.filter(({ Action, Resource }) => JSON.stringify([Action, Resource ?? '']).includes('*'));
  const listing = { Effect: 'Allow', Action: 'dynamodb:ListStreams', Resource: '*' };
  expect(beyond).toEqual([listing, listing]);
});

test('the secret is the one of the settings, by name', () => {
  const secrets = rows
    .filter(([, row]) => row.uses.includes('r2'))
    .flatMap(([, row]) => statementsOf(row))
    .filter(({ Action }) => Action === 'secretsmanager:GetSecretValue')
    .map(({ Resource }) => JSON.stringify(Resource));
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toContain(':secret:stowage/test/r2-??????');
});

test('without R2 settings nothing names a bucket and nobody may read a secret', async () => {
  const { r2: _r2, events: _events, ...withoutR2 } = config;
  const bare = await withStack({ config: withoutR2 }, (made) => JSON.stringify(whole(made)));
  expect(bare).not.toMatch(/R2_|PUBLIC_BASE_URL|secretsmanager/);
});

test('the template holds no credential', () => {
  expect(JSON.stringify(template)).not.toMatch(/accessKey|secretAccessKey|AKIA|password|sk_|BEGIN [A-Z ]*KEY/i);
});

test('every route may be called by its own method and path only', () => {
  const permissions = ofType(template, 'AWS::Lambda::Permission')
    .filter(({ Properties }) => Properties?.Principal === 'apigateway.amazonaws.com')
    .map(({ Properties }) => JSON.stringify(Properties?.SourceArn));
  const routes = Object.values(routeTable.endpoints)
    .map(({ method, path }) => `${method}${path}`)
    .concat(
      routeTable.fallback.methods.map((method) => `${method}/{proxy+}`),
      'GET/',
    );
  for (const route of routes) {
    expect(permissions.filter((arn) => arn.includes(`"/*/${route}"`))).toHaveLength(1);
  }
  expect(permissions).toHaveLength(routes.length);
});

function findStatements(value: unknown): Statement[] {
  if (Array.isArray(value)) return value.flatMap(findStatements);
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value && 'Action' in value) return [value as Statement];
  return Object.values(value).flatMap(findStatements);
}

function ofType({ Resources }: Template, type: string): TemplateResource[] {
  return Object.values(Resources).filter(({ Type }) => Type === type);
}
