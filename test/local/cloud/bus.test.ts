import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBus } from '#adapters/eventbridge/bus.ts';
import { type Bus, type BusFault, startBus } from '#local/events/bus.ts';
import type { Authorizer } from '#local/iam/authorize.ts';

let bus: Bus;
let client: EventBridgeClient;
let fault: BusFault | undefined;
let allowed: (action: string, resource: string) => boolean;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

const authorizer: Authorizer = {
  credentialsOf: () => credentials,
  isAllowed: ({ action, resource }) => allowed(action, resource),
  functionMay: () => true,
  functionOf: () => 'probe',
};

beforeAll(async () => {
  const arn = 'arn:aws:events:us-east-1:000000000000:event-bus/own';
  const at = { host: '127.0.0.1', port: 0 };
  bus = await startBus({ buses: [{ name: 'own', arn }], authorizer, intercept: () => fault, ...at });
  client = new EventBridgeClient({ endpoint: bus.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await bus.close();
});
beforeEach(() => {
  fault = undefined;
  allowed = () => true;
});

const good = { EventBusName: 'own', Source: 'stowage.test', DetailType: 'file.ready', Detail: '{"a":1}' };
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

describe('the bus', () => {
  it('takes events and shows the latest', async () => {
    const { FailedEntryCount, Entries } = await put(good, { ...good, EventBusName: 'default', Time: new Date(1_000) });
    expect(FailedEntryCount).toBe(0);
    expect(Entries?.every(({ EventId }) => EventId !== undefined)).toBe(true);
    expect(bus.latest().slice(-2)).toMatchObject([
      { bus: 'own', detailType: 'file.ready', detail: { a: 1 } },
      { bus: 'default', time: '1970-01-01T00:00:01.000Z' },
    ]);
  });

  it('refuses what the service refuses of a call, by the entry', async () => {
    const { FailedEntryCount, Entries } = await put(
      good,
      { ...good, Detail: 'no JSON' },
      { ...good, Detail: '[]' },
      { ...good, Source: 'aws.s3' },
      { ...good, DetailType: '' },
    );
    expect(FailedEntryCount).toBe(4);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
    ]);
  });

  it.each([
    ['eleven events', Array.from({ length: 11 }, () => good), /ValidationException|10/],
    ['more than 256 KB', [{ ...good, Detail: JSON.stringify('x'.repeat(262_144)) }], /over the limit/],
    ['a bus that is not there', [{ ...good, EventBusName: 'other' }], /other does not exist/],
  ])('refuses a call with %s', async (_what, entries, message) => {
    await expect(put(...entries)).rejects.toThrow(message);
  });

  it('takes nothing from whoever has no grant for it', async () => {
    allowed = (_action, resource) => !resource.endsWith(':event-bus/own');
    await expect(put(good)).rejects.toThrow(/probe is not authorized to perform: events:PutEvents on .*event-bus\/own/);
  });
});

describe('the adapter', () => {
  const events = ['a', 'b', 'c'].map((id) => ({
    id,
    type: 'quota.near' as const,
    time: '2026-05-01T10:00:00.000Z',
    version: 1 as const,
    source: 'stowage.test',
    data: { appId: 'app', threshold: 80, usedBytes: 8, limitBytes: 10 },
  }));
  const send = async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.endpoint);
    try {
      return await createBus({ busName: 'own' }).send(events);
    } finally {
      vi.unstubAllEnvs();
    }
  };

  it('puts each event whole, under its own type, source and time', async () => {
    expect(await send()).toEqual(new Set());
    const [first] = bus.latest().slice(-3);
    expect(first).toMatchObject({ detailType: 'quota.near', source: 'stowage.test', time: events[0]?.time });
    expect(first?.detail).toEqual(events[0]);
  });

  it('names the events that were not taken when some were', async () => {
    fault = { entries: [1] };
    expect(await send()).toEqual(new Set(['b']));
  });

  it('tries a call again that breaks, and rejects when it keeps breaking', async () => {
    fault = { status: 500, code: 'InternalException' };
    await expect(send()).rejects.toThrow();
  });
});
