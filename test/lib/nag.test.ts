import { type App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '#lib/config.ts';
import { reasons } from '#lib/constructs/acknowledged.ts';
import { routeTable } from '#lib/routes.ts';
import { config, settings, withStack } from './stack-fixture.ts';

const packs = (app: App) => [new AwsSolutionsChecks(app), new ServerlessChecks(app)];
const stackOf = (app: App) => app.node.children.find(Stack.isStack) as Stack;
/** One of the stacks nested in it, whose templates are files of their own. */
const nestedOf = (app: App) =>
  stackOf(app)
    .node.findAll()
    .filter(Stack.isStack)
    .find((stack) => stack.nested) as Stack;

/** One endpoint, so that what only one resource is needed for is synthesized fast. */
const routes = { ...routeTable, endpoints: { 'uploads/list': routeTable.endpoints['uploads/list'] } };

const scan = { mode: 'quarantine', timeoutMinutes: 60, onTimeout: 'release' } as const;
const trafficShift = { by: 'Canary10Percent5Minutes', ignoreAlarms: false } as const;
const { events: _, alarmEmail: _email, ...fewer } = settings;

describe('cdk-nag', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([
    ['as the other tests have it', config],
    ['that scans, traces and shifts traffic', { ...config, scan, tracing: true, trafficShift }],
    ['of no more than it needs, unprotected', parseConfig({ ...fewer, protectData: false })],
  ])('finds nothing in a stack %s', async (_name, given) => {
    expect((await withStack({ config: given, checks: packs }, ({ nested }) => Object.keys(nested))).length).toBe(5);
  });

  test('finds what it is not told to be meant', async () => {
    const checks = (app: App) => {
      new Queue(stackOf(app), 'Extra');
      return packs(app);
    };
    await expect(withStack({ routes, checks }, () => undefined)).rejects.toThrow(
      /AwsSolutions-SQS3[\s\S]*AwsSolutions-SQS4/,
    );
  });

  test('is told of nothing that it would not find', async () => {
    vi.spyOn(Validations.prototype, 'acknowledge').mockReturnValue(undefined);
    const found: unknown = await withStack(
      { config: { ...config, trafficShift }, checks: packs },
      () => undefined,
    ).catch((error: unknown) => error);
    const ids = new Set([...String(found).matchAll(/Acknowledge with '([^']+)'/g)].map(([, id]) => id));
    expect([...ids].sort()).toEqual(Object.keys(reasons).sort());
  });
});

describe('the schemas of CloudFormation, which every synthesis asks', () => {
  const queue = (properties: Record<string, unknown>, in_: (app: App) => Stack = stackOf) => ({
    routes,
    checks: (app: App) => {
      new CfnResource(in_(app), 'Wrong', { type: 'AWS::SQS::Queue', properties });
      return [];
    },
  });

  test.each([
    ['of no such name', { VisibilityTimeuot: 30 }, /VisibilityTimeuot/],
    ['of another type', { VisibilityTimeout: 'long' }, /VisibilityTimeout/],
    ['out of bounds', { MessageRetentionPeriod: 30 }, /MessageRetentionPeriod/],
  ])('refuse a property %s', async (_name, properties, message) => {
    await expect(withStack(queue(properties), () => undefined)).rejects.toThrow(message);
  });

  test('refuse it in a nested stack, too', async () => {
    await expect(withStack(queue({ VisibilityTimeuot: 30 }, nestedOf), () => undefined)).rejects.toThrow(/Timeuot/);
  });

  test('refuse a resource without what it needs', async () => {
    const checks = (app: App) => {
      new CfnResource(stackOf(app), 'Wrong', {
        type: 'AWS::Lambda::Function',
        properties: { Role: 'arn:aws:iam::1:x' },
      });
      return [];
    };
    await expect(withStack({ routes, checks }, () => undefined)).rejects.toThrow(/Code/);
  });
});
