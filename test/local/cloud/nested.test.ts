import { describe, expect, it } from 'vitest';
import type { CfnTemplate } from '#local/template/intrinsics.ts';
import { readTemplate } from '#local/template/read.ts';
import type { StackSource } from '#local/template/stacks.ts';

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };

/** A stack without code. */
function stack(template: CfnTemplate, nested: Record<string, StackSource> = {}): StackSource {
  const assetPath = (logicalId: string): never => {
    throw new Error(`${logicalId} has no code here`);
  };
  return { template, assetPath, nested };
}

const stackResource = (Parameters: Record<string, unknown> = {}) => ({
  Type: 'AWS::CloudFormation::Stack',
  Properties: { TemplateURL: 'https://s3.test/template.json', Parameters },
});

/** A queue whose visibility is a parameter, and its ARN as output. */
const inner = (more: Partial<CfnTemplate> = {}): CfnTemplate => ({
  Parameters: { Seconds: {}, Days: { Default: 3 } },
  Resources: {
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        VisibilityTimeout: { Ref: 'Seconds' },
        MessageRetentionPeriod: { 'Fn::Select': [{ Ref: 'Days' }, ['60', '61', '62', '63']] },
      },
    },
  },
  Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Queue', 'Arn'] } }, In: { Value: { Ref: 'AWS::StackName' } } },
  ...more,
});

const read = (source: StackSource) => readTemplate({ ...source, stackName: 'probe', addresses });
const nestedOnce = (template: CfnTemplate, parameters: Record<string, unknown>) =>
  stack({ Resources: { Nested: stackResource(parameters) } }, { Nested: stack(template) });

describe('a nested stack', () => {
  const role = (resource: unknown) => ({
    Type: 'AWS::IAM::Role',
    Properties: {
      Policies: [{ PolicyDocument: { Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: resource } } }],
    },
  });

  it('is served with what it is passed, under names of its own, and gives its outputs to the stack around it', () => {
    const model = read(
      stack(
        {
          Resources: {
            Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 45 } },
            One: stackResource({ Seconds: 30 }),
            // What one nested stack gives, another is passed.
            Two: stackResource({ Seconds: { 'Fn::GetAtt': ['One', 'Outputs.Seconds'] }, Days: '0' }),
            Role: role({ 'Fn::GetAtt': ['Two', 'Outputs.Arn'] }),
          },
        },
        {
          One: stack(inner({ Outputs: { Seconds: { Value: { Ref: 'Seconds' } } } })),
          Two: stack(inner()),
        },
      ),
    );
    expect(
      model.queues.map(({ name, visibilityTimeoutSeconds, retentionSeconds }) => [
        name,
        visibilityTimeoutSeconds,
        retentionSeconds,
      ]),
    ).toEqual([
      ['probe-Queue', 45, 345_600],
      ['probe-One-Queue', 30, 63],
      ['probe-Two-Queue', 30, 60],
    ]);
    expect(model.roles['probe-Role']?.[0]?.resources).toEqual(['arn:aws:sqs:us-east-1:000000000000:probe-Two-Queue']);
  });

  it('may hold stacks itself, and knows its own name', () => {
    const middle: CfnTemplate = {
      Parameters: { Seconds: {} },
      Resources: { Deep: stackResource({ Seconds: { Ref: 'Seconds' } }) },
      Outputs: { In: { Value: { 'Fn::GetAtt': ['Deep', 'Outputs.In'] } } },
    };
    const model = read(
      stack(
        {
          Resources: {
            Nested: stackResource({ Seconds: '7' }),
            Role: role({ 'Fn::GetAtt': ['Nested', 'Outputs.In'] }),
          },
        },
        { Nested: stack(middle, { Deep: stack(inner()) }) },
      ),
    );
    expect(model.queues).toMatchObject([{ name: 'probe-Nested-Deep-Queue', visibilityTimeoutSeconds: 7 }]);
    expect(model.roles['probe-Role']?.[0]?.resources).toEqual(['probe-Nested-Deep']);
  });

  it('tells apart what two stacks call the same', () => {
    const api: CfnTemplate = {
      Resources: { Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } } },
    };
    const { apis } = read(
      stack({ Resources: { A: stackResource(), B: stackResource() } }, { A: stack(api), B: stack(api) }),
    );
    expect(new Set(apis.map(({ id }) => id)).size).toBe(2);
  });

  it('is left out with its resources where its condition does not hold', () => {
    const source = nestedOnce(inner(), { Seconds: '1' });
    source.template.Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    Object.assign(source.template.Resources.Nested ?? {}, { Condition: 'Never' });
    expect(read(source).queues).toEqual([]);
  });

  it('stops the boot where its template is not there, or an output is not', () => {
    expect(() => read(stack({ Resources: { Nested: stackResource() } }))).toThrow(
      /No template of the nested stack Nested/,
    );
    const source = nestedOnce(inner(), { Seconds: '1' });
    source.template.Resources.Role = role({ 'Fn::GetAtt': ['Nested', 'Outputs.Other'] });
    expect(() => read(source)).toThrow(/the nested stack has no output Other/);
  });

  it('stops the boot where two stacks wait for each other', () => {
    const echo = inner({ Outputs: { Seconds: { Value: { Ref: 'Seconds' } } } });
    const of = (id: string) => ({ Seconds: { 'Fn::GetAtt': [id, 'Outputs.Seconds'] } });
    const source = stack(
      { Resources: { One: stackResource(of('Two')), Two: stackResource(of('One')) } },
      { One: stack(echo), Two: stack(echo) },
    );
    expect(() => read(source)).toThrow(/depends on itself/);
  });
});

describe('a template that CloudFormation refuses does not boot here', () => {
  const queues = (count: number, name = 'Queue') =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, { Type: 'AWS::SQS::Queue' }]));
  const outputs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`Out${index}`, { Value: 'x' }]));
  const parameters = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`In${index}`, { Default: 'x' }]));

  it.each<[string, StackSource, RegExp | undefined]>([
    ['501 resources', stack({ Resources: queues(501) }), /probe: 501 Resources are more than the 500 of a template/],
    ['500 resources', stack({ Resources: queues(500) }), undefined],
    [
      '501 resources of a nested stack',
      nestedOnce({ Resources: queues(501) }, {}),
      /probe-Nested: 501 Resources are more than the 500 of a template/,
    ],
    [
      '500 resources here and 500 there',
      stack(
        { Resources: { ...queues(499), Nested: stackResource() } },
        { Nested: stack({ Resources: queues(500, 'Other') }) },
      ),
      undefined,
    ],
    ['201 outputs', nestedOnce(inner({ Outputs: outputs(201) }), { Seconds: '1' }), /201 Outputs/],
    ['201 parameters', stack({ Parameters: parameters(201), Resources: queues(1) }), /201 Parameters/],
    [
      'more than a megabyte',
      nestedOnce({ Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'x'.repeat(1e6) } } } }, {}),
      /probe-Nested: \d{7} bytes are more than the 1000000 of a template/,
    ],
    ['no resource', nestedOnce({ Resources: {} }, {}), /probe-Nested: has no resource/],
    [
      'a name with a dash',
      stack({ Resources: { 'my-queue': { Type: 'AWS::SQS::Queue' } } }),
      /"my-queue" of Resources/,
    ],
    [
      'a description too long',
      nestedOnce(inner({ Description: 'x'.repeat(1025) }), { Seconds: '1' }),
      /too long a description/,
    ],
    ['a parameter that is not declared', nestedOnce(inner(), { Seconds: '1', More: '2' }), /is passed More, which/],
    [
      'a parameter that is not passed',
      nestedOnce(inner({ Resources: queues(1), Outputs: {} }), {}),
      /is not passed Seconds/,
    ],
  ])('for %s', (_name, source, reason) => {
    if (!reason) return expect(() => read(source)).not.toThrow();
    expect(() => read(source)).toThrow(reason);
    expect(() => read(source)).toThrow(/AWS would refuse to deploy this template/);
  });
});
