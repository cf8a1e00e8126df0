import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { CfnTemplate } from '#local/template/intrinsics.ts';
import { readTemplate } from '#local/template/read.ts';
import { startTestCloud, synthesizeTestStack, temporaryFolder } from './app.ts';

const folders: string[] = [];
const folder = () => {
  const dir = temporaryFolder();
  folders.push(dir);
  return dir;
};
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };

function read(change: (template: CfnTemplate) => void = () => undefined) {
  const { template, assetPath } = synthesizeTestStack(folder());
  change(template);
  return readTemplate({ template, stackName: 'probe', addresses, assetPath });
}

function each(template: CfnTemplate, type: string): Record<string, unknown>[] {
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === type)
    .map((resource) => resource.Properties ?? {});
}

/** Takes an action out of every statement of a policy document. */
function without(document: unknown, action: string): void {
  const { Statement } = document as { Statement: { Action: string | string[] }[] };
  for (const one of Statement) one.Action = [one.Action].flat().filter((each) => each !== action);
}

describe('the template reader', () => {
  it('gives functions, queues and tables their names and real ARNs', () => {
    const model = read();
    const queue = model.queues.find(({ name }) => name.startsWith('probe-Queue'));
    expect(queue?.arn).toBe(`arn:aws:sqs:us-east-1:000000000000:${queue?.name}`);
    expect(queue?.redrive).toMatchObject({ maxReceiveCount: 3 });
    expect(model.tables[0]?.arn).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/probe-Table/);
    const probe = model.functions.find(({ logicalId }) => logicalId.startsWith('Probe'));
    expect(probe).toMatchObject({ timeoutSeconds: 2, memoryMb: 128 });
    expect(probe?.environment.QUEUE_URL).toBe(`http://127.0.0.1:2/000000000000/${queue?.name}`);
  });

  it('stops at a resource it does not know, by name and type', () => {
    const change = (template: CfnTemplate) => {
      template.Resources.Bucket1 = { Type: 'AWS::S3::Bucket' };
      template.Resources.Topic1 = { Type: 'AWS::Kinesis::Stream' };
    };
    expect(() => read(change)).toThrow(/Bucket1 \(AWS::S3::Bucket\), Topic1 \(AWS::Kinesis::Stream\)/);
  });

  it('leaves out what a condition leaves out', () => {
    const change = (template: CfnTemplate) => {
      template.Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
      template.Resources.Bucket1 = { Type: 'AWS::S3::Bucket', Condition: 'Never' };
    };
    expect(() => read(change)).not.toThrow();
  });

  it('stops at a handler without a file', () => {
    const change = (template: CfnTemplate) => {
      for (const properties of each(template, 'AWS::Lambda::Function')) properties.Handler = 'other.handler';
    };
    expect(() => read(change)).toThrow(/handler other\.handler has no file/);
  });

  it('stops at a policy it cannot judge', () => {
    const withCondition = (template: CfnTemplate) => {
      const [policy] = each(template, 'AWS::IAM::Policy');
      const document = policy?.PolicyDocument as { Statement: Record<string, unknown>[] };
      Object.assign(document.Statement[0] ?? {}, { Condition: { Bool: {} } });
    };
    expect(() => read(withCondition)).toThrow(/conditions are not evaluated/);
    const withManaged = (template: CfnTemplate) => {
      const [role] = each(template, 'AWS::IAM::Role');
      if (role) role.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess'];
    };
    expect(() => read(withManaged)).toThrow(/AmazonDynamoDBFullAccess is not known/);
  });
});

describe('the boot', () => {
  const boot = (change: (template: CfnTemplate) => void) => startTestCloud({ dir: folder(), shape: { change } });

  it('stops when a route’s function does not permit the API', async () => {
    const change = (template: CfnTemplate) => {
      for (const permission of each(template, 'AWS::Lambda::Permission')) {
        if (permission.Principal === 'apigateway.amazonaws.com') permission.Principal = 's3.amazonaws.com';
      }
    };
    await expect(boot(change)).rejects.toThrow(/does not permit the API to invoke it/);
  });

  it('stops when an alias is called that does not permit the API, though its function does', async () => {
    const change = (template: CfnTemplate) => {
      const [integration] = each(template, 'AWS::ApiGatewayV2::Integration');
      if (integration) integration.IntegrationUri = { 'Fn::Join': ['', [integration.IntegrationUri, ':live']] };
    };
    await expect(boot(change)).rejects.toThrow(/does not permit the API to invoke it/);
  });

  it('stops when a function may not read its event source', async () => {
    const change = (template: CfnTemplate) => {
      for (const policy of each(template, 'AWS::IAM::Policy')) policy.PolicyDocument = { Statement: [] };
    };
    await expect(boot(change)).rejects.toThrow(/has no grant for (sqs|dynamodb):/);
  });

  it.each(['dynamodb:ListStreams', 'dynamodb:DescribeStream', 'sqs:GetQueueAttributes', 'sqs:SendMessage'])(
    'stops when a function lacks %s, which Lambda needs for its event source',
    async (action) => {
      const change = (template: CfnTemplate) => {
        for (const policy of each(template, 'AWS::IAM::Policy')) without(policy.PolicyDocument, action);
      };
      await expect(boot(change)).rejects.toThrow(`has no grant for ${action} on `);
    },
  );

  it('stops when the right to list streams names a stream, since that action takes no resource', async () => {
    const change = (template: CfnTemplate) => {
      for (const policy of each(template, 'AWS::IAM::Policy')) {
        const { Statement } = policy.PolicyDocument as { Statement: Record<string, unknown>[] };
        for (const one of Statement)
          if (one.Action === 'dynamodb:ListStreams') one.Resource = 'arn:aws:dynamodb:*:*:table/*';
      }
    };
    await expect(boot(change)).rejects.toThrow('has no grant for dynamodb:ListStreams on *');
  });

  it('stops when a function may not write its log', async () => {
    const change = (template: CfnTemplate) => {
      for (const role of each(template, 'AWS::IAM::Role')) delete role.ManagedPolicyArns;
    };
    await expect(boot(change)).rejects.toThrow('has no grant for logs:CreateLogStream on ');
  });

  it('stops when a layer has another version than this repository', async () => {
    const change = (template: CfnTemplate, assetPath: (logicalId: string) => string) => {
      const names = Object.keys(template.Resources);
      const layer = names.find((name) => template.Resources[name]?.Type === 'AWS::Lambda::LayerVersion') ?? '';
      writeFileSync(`${assetPath(layer)}/package.json`, JSON.stringify({ dependencies: { sharp: '0.0.1' } }));
    };
    const started = startTestCloud({ dir: folder(), shape: { change } });
    await expect(started).rejects.toThrow(/has sharp 0\.0\.1, this repository/);
  });

  it.each([
    ['what callers removed', [{ eventName: ['REMOVE'] }]],
    ['TTL removals and writes at once', [{ eventName: ['INSERT', 'REMOVE'] }]],
    ['everything', [{ dynamodb: { Keys: { pk: { S: ['a'] } } } }]],
  ])('stops when a stream’s filter wants %s', async (_what, streamFilters) => {
    const started = startTestCloud({ dir: folder(), shape: { streamFilters } });
    await expect(started).rejects.toThrow(/TTL removals and of writes, each apart/);
  });

  it('frees what it had started when it stops half-way, so the next start works', async () => {
    const dir = folder();
    const change = (template: CfnTemplate) => {
      for (const rule of each(template, 'AWS::Events::Rule')) rule.ScheduleExpression = 'now';
    };
    await expect(startTestCloud({ dir, shape: { change } })).rejects.toThrow(/Schedule now/);
    const cloud = await startTestCloud({ dir });
    expect((await fetch(`${cloud.baseUrl}/list`)).status).toBe(200);
    await cloud.close();
  });
});
