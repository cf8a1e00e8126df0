import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { parseConfig, type StowageSettings } from '#lib/config.ts';
import { readTemplate } from '#local/template/read.ts';
import { settings, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };
const made = (more: Partial<StowageSettings>) => withStack({ config: parseConfig({ ...settings, ...more }) }, whole);

describe('a table that was restored beside the stack', async () => {
  const existingTableStreamArn =
    'arn:aws:dynamodb:eu-central-1:123456789012:table/restored/stream/2026-01-02T03:04:05.678';
  const template = await made({ existingTableName: 'restored', existingTableStreamArn });
  const stack = Template.fromJSON(template);

  it('takes the place of the stack’s own, for every function and for the expiry worker', () => {
    stack.resourceCountIs('AWS::DynamoDB::Table', 0);
    const tables = Object.values(stack.findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment.Variables.TABLE_NAME ?? [],
    );
    expect(tables.length).toBeGreaterThan(60);
    expect(new Set(tables)).toEqual(new Set(['restored']));
    stack.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: existingTableStreamArn });
  });

  it('is all they may touch', () => {
    const resources = JSON.stringify(stack.findResources('AWS::IAM::Role')).match(/"[^"]*:dynamodb:[^"]*"/g) ?? [];
    const arns = JSON.stringify(stack.findResources('AWS::IAM::Role')).match(/:table\/[^"]*"/g) ?? [];
    expect(resources.length).toBeGreaterThan(60);
    expect(
      arns.filter((arn) => !/^:table\/restored("|\/index\/\w+"|\/stream\/2026-01-02T03:04:05\.678")$/.test(arn)),
    ).toEqual([]);
  });
});

describe('a domain of one’s own', async () => {
  const apiDomain = {
    name: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0123-4567',
  };

  it('serves the API, says where its DNS must point, and leaves the other address until told otherwise', async () => {
    const template = await made({ apiDomain });
    const stack = Template.fromJSON(template);
    const [domain = ''] = Object.keys(stack.findResources('AWS::ApiGatewayV2::DomainName'));
    stack.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: apiDomain.name,
      DomainNameConfigurations: [{ CertificateArn: apiDomain.certificateArn, EndpointType: 'REGIONAL' }],
    });
    const [api = ''] = Object.keys(stack.findResources('AWS::ApiGatewayV2::Api'));
    stack.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
      ApiId: { Ref: api },
      DomainName: { Ref: domain },
      Stage: '$default',
    });
    expect(template.Outputs).toMatchObject({
      Url: { Value: 'https://api.example.com' },
      ApiDomainTarget: { Value: { 'Fn::GetAtt': [domain, 'RegionalDomainName'] } },
      ApiDomainTargetZone: { Value: { 'Fn::GetAtt': [domain, 'RegionalHostedZoneId'] } },
    });
    stack.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: Match.absent() });
  });

  it('may be the only one', async () => {
    Template.fromJSON(await made({ apiDomain: { ...apiDomain, only: true } })).hasResourceProperties(
      'AWS::ApiGatewayV2::Api',
      { DisableExecuteApiEndpoint: true },
    );
  });

  it('changes nothing on one machine, where the API answers at its own address', async () => {
    await withStack({ config: parseConfig({ ...settings, apiDomain }) }, (stack) => {
      expect(readTemplate({ ...stack, addresses }).apis).toHaveLength(1);
    });
  });
});

describe('what is kept', () => {
  it.each([
    ['protectData', {}, true],
    ['no protection of data', { protectData: false }, false],
    ['a setting of its own', { protectData: false, terminationProtection: true }, true],
    ['a setting against it', { terminationProtection: false }, false],
  ])('by %s: the stack against being deleted whole', async (_name, more, protectedStack) => {
    const config = parseConfig({ ...settings, ...more });
    expect(await withStack({ config }, ({ terminationProtection }) => terminationProtection)).toBe(protectedStack);
  });

  it('are the logs, but for those of a first deployment that failed, and the table in any case', async () => {
    const stack = Template.fromJSON(await made({}));
    stack.allResources('AWS::Logs::LogGroup', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    // Deletion protection would make the rollback of a first deployment fail.
    stack.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });
});
