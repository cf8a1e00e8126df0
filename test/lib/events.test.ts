import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { eventTypes as told } from '#core/events/event.ts';
import { ConfigError, parseConfig } from '#lib/config.ts';
import { eventTypes } from '#lib/config-events.ts';
import { addStowage } from '#lib/synth.ts';
import { readTemplate } from '#local/template/read.ts';
import { config, settings, withStack } from './stack-fixture.ts';

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };
const template = await withStack({}, (made) => made.template);
const ofType = (type: string) =>
  Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => ({ id, ...Properties }) as Record<string, unknown>);

describe('events', () => {
  test('cost nothing without their setting: no bus, no queue, no worker, no mapping', async () => {
    const { events: _, ...silent } = config;
    const bare = await withStack({ config: silent }, (made) => made.template);
    expect(JSON.stringify(bare)).not.toMatch(/EventBus|EVENT_SOURCE|WEBHOOK|\.fifo|Webhook/);
    const mappings = Object.values(bare.Resources).filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(3);
  });

  test('without webhooks need neither their queues nor the function that delivers', async () => {
    const bus = await withStack({ config: { ...config, events: { webhooks: [] } } }, (made) => made.template);
    const text = JSON.stringify(bus);
    expect(text).toContain('AWS::Events::EventBus');
    expect(text).not.toMatch(/\.fifo|FifoQueue|"WEBHOOKS"/);
  });

  test('have a bus that outlives the setting and the stack where data does, since rules of others hang on it', async () => {
    const busOf = async (protectData: boolean) => {
      const made = await withStack({ config: { ...config, protectData } }, ({ template }) => template);
      return Object.values(made.Resources).find(({ Type }) => Type === 'AWS::Events::EventBus');
    };
    const kept = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
    expect(await busOf(true)).toMatchObject(kept);
    expect(await busOf(false)).not.toMatchObject(kept);
  });

  test('go to a bus that is there already, when it is named, and may be put on no other', async () => {
    const events = { busName: 'platform', webhooks: [] };
    const text = await withStack({ config: { ...config, events } }, (made) => JSON.stringify(made.template));
    expect(text).not.toContain('AWS::Events::EventBus');
    expect(text).toContain('"EVENT_BUS_NAME":"platform"');
    expect(text).toContain(':event-bus/platform');
  });

  test('wake the worker for files that became ready, changed hands or are being deleted, and for nothing else', () => {
    const [mapping] = ofType('AWS::Lambda::EventSourceMapping').filter(({ id }) => String(id).includes('Changes'));
    const filters = (mapping?.FilterCriteria as { Filters: { Pattern: string }[] } | undefined)?.Filters ?? [];
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      {
        eventName: ['MODIFY'],
        dynamodb: {
          Keys: { sk: { S: ['FILE'] } },
          OldImage: { state: { S: ['pending', 'ready'] } },
          NewImage: { state: { S: ['ready'] } },
        },
      },
      {
        eventName: ['MODIFY'],
        dynamodb: {
          Keys: { sk: { S: ['FILE'] } },
          OldImage: { state: { S: ['ready'] } },
          NewImage: { state: { S: ['deleting'] } },
        },
      },
    ]);
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 72_000,
    });
    expect(mapping?.ParallelizationFactor).toBeUndefined();
  });

  test('are told to each webhook by a queue of its own, in order, one at a time for each file', () => {
    const queues = ofType('AWS::SQS::Queue').filter(({ FifoQueue }) => FifoQueue === true);
    const working = queues.filter(({ RedrivePolicy }) => RedrivePolicy !== undefined);
    expect(queues).toHaveLength(4);
    expect(working).toHaveLength(2);
    for (const { id, RedrivePolicy, VisibilityTimeout, MessageRetentionPeriod } of working) {
      expect(RedrivePolicy).toMatchObject({ maxReceiveCount: 12 });
      // An event may wait behind another that its receiver puts off for three days.
      expect(MessageRetentionPeriod).toBe(1_209_600);
      expect(VisibilityTimeout).toBe(180);
      const [mapping] = ofType('AWS::Lambda::EventSourceMapping').filter(
        ({ EventSourceArn }) => JSON.stringify(EventSourceArn) === JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] }),
      );
      expect(mapping?.BatchSize).toBe(1);
    }
  });

  test('of webhooks keep their queues when another webhook is put before them', async () => {
    const [first, second] = settings.events.webhooks;
    const events = parseConfig({ ...settings, events: { webhooks: [second, first] } }).events;
    const turned = await withStack({ config: { ...config, ...(events && { events }) } }, (made) => made.template);
    const queuesOf = ({ Resources }: typeof template) =>
      Object.keys(Resources).filter((id) => /Webhook.*Queue/.test(id));
    expect(queuesOf(turned).sort()).toEqual(queuesOf(template).sort());
  });

  test('are of the types that the worker knows', () => {
    expect(eventTypes).toEqual(told);
  });

  test('are not deployed to a webhook on this machine, which only the one-machine cloud may have', async () => {
    const events = { webhooks: [{ url: 'http://127.0.0.1:9000/', secretName: 'hooks' }] };
    const own = parseConfig({ ...settings, events });
    const failure = await addStowage(new App(), { config: own, bundle: async () => ({}) }).catch((error) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure.message).toMatch(/events\.webhooks: http:\/\/127\.0\.0\.1:9000\/ is on this machine/);
  });
});

const long = (count: number, characters: number) => ({
  webhooks: Array.from({ length: count }, (_, index) => ({
    url: `https://hooks-${index}.${'a'.repeat(40)}.test/${'x'.repeat(characters)}`,
    secretName: 'stowage/prod/hooks',
  })),
});

test('the longest settings fit into the environment of every function', async () => {
  const scan = { mode: 'quarantine' } as const;
  const given = parseConfig({ ...settings, stage: 'a'.repeat(20), scan, events: long(5, 200) });
  const model = await withStack({ config: given }, (made) => readTemplate({ ...made, addresses }));
  const sizes = model.functions.map(({ environment }) => Object.entries(environment).flat().join('').length);
  // The local addresses are shorter than AWS's by less than fifty characters each, of at most ten queues.
  expect(Math.max(...sizes)).toBeLessThan(4_096 - 500);
});

test.each([
  [long(5, 300), /shorter addresses/],
  [{ webhooks: [{ url: 'http://hooks.test/', secretName: 'a' }] }, /must use https/],
  [{ webhooks: [{ url: 'https://hooks.test/' }] }, /missing/],
  [{ webhooks: [{ url: 'https://hooks.test/', secretName: 'whsec_MfKQ 9r8' }] }, /name of a Secrets Manager secret/],
  [
    { webhooks: [{ url: 'https://hooks.test/', secretName: 'a', events: ['file.gone'] }] },
    /file\.ready, file\.claimed/,
  ],
  [{ webhooks: [1, 2].map(() => ({ url: 'https://hooks.test/', secretName: 'a' })) }, /a URL of its own/],
  [{ webhooks: [1, 2, 3, 4, 5, 6].map((n) => ({ url: `https://h${n}.test/`, secretName: 'a' })) }, /at most 5/],
  [{ busName: 'arn:aws:events:eu-central-1:1:event-bus/x' }, /not its ARN/],
])('the settings %j are refused', (events, message) => {
  expect(() => parseConfig({ ...settings, events })).toThrow(message);
});
