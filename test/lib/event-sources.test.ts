import { describe, expect, test } from 'vitest';
import type { TemplateResource } from '#lib/synth.ts';
import { config, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

/**
 * What Lambda does in a function's name, by AWS's own account of it: the service-role policies as the AWS managed policy
 * reference prints them, written out again. `logs:CreateLogGroup` is left out of each: the stack makes every log group.
 */
const documented = {
  AWSLambdaDynamoDBExecutionRole: {
    source: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    logs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  },
  AWSLambdaSQSQueueExecutionRole: {
    source: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    logs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  },
  AWSLambdaBasicExecutionRole: { source: [], logs: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
};

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

const template = await withStack({}, whole);
const ofType = (type: string) => Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
const propertiesOf = (id: string) => template.Resources[id]?.Properties ?? {};
const idOf = (reference: unknown) => {
  const { Ref, 'Fn::GetAtt': attribute } = reference as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return Ref ?? attribute?.[0] ?? '';
};

function statementsOf(functionId: string): Statement[] {
  const { Policies } = propertiesOf(idOf(propertiesOf(functionId).Role)) as {
    Policies: { PolicyDocument: { Statement: Statement[] } }[];
  };
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** Actions the function may take on a resource; its ARN alone or in a list. */
function actionsOn(functionId: string, resource: unknown): string[] {
  const wanted = JSON.stringify(resource);
  return statementsOf(functionId)
    .filter(({ Resource }) => [Resource].flat().some((one) => JSON.stringify(one) === wanted))
    .flatMap(({ Action }) => Action);
}

describe.each(ofType('AWS::Lambda::EventSourceMapping'))(
  'the event source %s',
  (_id, { Properties }: TemplateResource) => {
    const { FunctionName, EventSourceArn, DestinationConfig } = Properties as {
      FunctionName: unknown;
      EventSourceArn: { 'Fn::GetAtt': [string, string] };
      DestinationConfig?: { OnFailure: { Destination: unknown } };
    };
    const functionId = idOf(FunctionName);
    const isStream = EventSourceArn['Fn::GetAtt'][1] === 'StreamArn';
    const policy = documented[isStream ? 'AWSLambdaDynamoDBExecutionRole' : 'AWSLambdaSQSQueueExecutionRole'];

    test('may be read by its function as AWS says it must be', () => {
      const granted = [...actionsOn(functionId, EventSourceArn), ...actionsOn(functionId, '*')];
      expect(granted).toEqual(expect.arrayContaining(policy.source));
    });

    test('has a function that may tell its destination of what failed', () => {
      if (!DestinationConfig) return expect(isStream).toBe(false);
      expect(actionsOn(functionId, DestinationConfig.OnFailure.Destination)).toEqual(['sqs:SendMessage']);
    });
  },
);

test.each(ofType('AWS::Lambda::Function'))('the function %s may write its own log, which the stack makes', (id) => {
  const { LogGroup } = propertiesOf(id).LoggingConfig as { LogGroup: unknown };
  expect(template.Resources[idOf(LogGroup)]?.Type).toBe('AWS::Logs::LogGroup');
  const arn = { 'Fn::GetAtt': [idOf(LogGroup), 'Arn'] };
  expect(actionsOn(id, arn)).toEqual(expect.arrayContaining(documented.AWSLambdaBasicExecutionRole.logs));
});

const failing = ofType('AWS::Lambda::EventSourceMapping').flatMap(([id, { Properties }]) =>
  Properties?.DestinationConfig
    ? [[id, (Properties.DestinationConfig as { OnFailure: { Destination: unknown } }).OnFailure.Destination] as const]
    : [],
);

test('both readers of the table’s stream tell of failures, and there is no third, which DynamoDB would slow down', () => {
  const streams = ofType('AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) =>
    JSON.stringify(Properties?.EventSourceArn).includes('StreamArn'),
  );
  expect(failing.map(([id]) => id)).toEqual(streams.map(([id]) => id));
  expect(streams).toHaveLength(2);
});

test.each(failing)(
  'what %s could not do has a queue of its own, which is nobody’s dead-letter queue',
  (_id, failures) => {
    const deadLetters = ofType('AWS::SQS::Queue').flatMap(([, { Properties }]) => {
      const redrive = Properties?.RedrivePolicy as { deadLetterTargetArn: unknown } | undefined;
      return redrive ? [redrive.deadLetterTargetArn] : [];
    });
    expect(deadLetters).toHaveLength(4);
    expect(deadLetters).not.toContainEqual(failures);
    const alarms = ofType('AWS::CloudWatch::Alarm').filter(([, { Properties }]) =>
      JSON.stringify(Properties?.Dimensions ?? []).includes(idOf(failures)),
    );
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.[1].Properties?.AlarmDescription).toMatch(/purge the queue/);
  },
);

test('a secret under a key of the customer’s may be decrypted by those who may read it, and by nobody else', async () => {
  const secretKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const r2 = config.r2 && { ...config.r2, secretKeyArn };
  const { events: _, ...silent } = config;
  const withKey = await withStack({ config: { ...silent, r2 } }, (made) => made.template);
  const roles = Object.values(withKey.Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  const reading = roles.filter((role) => JSON.stringify(role).includes('secretsmanager:GetSecretValue'));
  expect(reading.length).toBeGreaterThan(0);
  for (const role of roles) {
    const statement = { Action: 'kms:Decrypt', Effect: 'Allow', Resource: secretKeyArn };
    const statements = JSON.parse(JSON.stringify(role.Properties?.Policies))[0].PolicyDocument.Statement;
    if (reading.includes(role)) expect(statements).toContainEqual(statement);
    else expect(JSON.stringify(role)).not.toContain('kms:');
  }
});
