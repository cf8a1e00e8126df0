import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { parseSecrets, signedHeaders } from '#adapters/webhooks/signature.ts';
import type {
  StowageEvent as Told,
  DeletedFacts as ToldDeletedFacts,
  FileFacts as ToldFacts,
  QuotaFacts as ToldQuotaFacts,
} from '#core/events/event.ts';
import {
  type DeletedFacts,
  type EventType,
  type FileFacts,
  isStowageError,
  type QuotaFacts,
  type StowageEvent,
  verifyWebhook,
  type WebhookRequest,
} from '../../server/src/index.ts';

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const secret = secretOf('a');
const quota = { appId: 'Größe', threshold: 80, usedBytes: 8, limitBytes: 10 };
const event = {
  id: 'evt_1',
  type: 'quota.near',
  time: '2026-01-01T00:00:00.000Z',
  version: 1,
  source: 's',
  data: quota,
};
const body = JSON.stringify(event);

/** Signed by the reference implementation. */
function signed(text = body, at = new Date(), by = secret) {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signature = new Webhook(by).sign('evt_1', at, text);
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  return { body: text, headers, secret };
}

const reasonOf = (request: WebhookRequest) =>
  verifyWebhook(request).then(
    () => expect.unreachable('It was taken'),
    (error: unknown) => {
      if (!isStowageError(error, 'webhook_refused')) throw error;
      expect(error.message).not.toContain(secret);
      return error.details.reason;
    },
  );

afterEach(() => {
  vi.useRealTimers();
});

describe('verifyWebhook', () => {
  test('takes what the reference implementation of Standard Webhooks signed, as text and as bytes', async () => {
    const request = signed();
    const { headers } = request;
    expect(await verifyWebhook(request)).toEqual(event);
    expect(await verifyWebhook({ ...request, body: Buffer.from(body) })).toEqual(event);
    expect(await verifyWebhook({ ...request, headers: new Headers(headers) })).toEqual(event);
    const loud = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
    expect(await verifyWebhook({ ...request, headers: loud })).toEqual(event);
  });

  test('takes what Stowage signs, while the secret is rotated on either side', async () => {
    const headers = signedHeaders(parseSecrets(`${secretOf('b')} ${secret}`), { id: 'evt_1', body, at: new Date() });
    expect(await verifyWebhook({ body, headers, secret })).toEqual(event);
    expect(await verifyWebhook({ body, headers, secret: [secretOf('c'), secretOf('b')] })).toEqual(event);
    expect(await reasonOf({ body, headers, secret: secretOf('c') })).toBe('signature');
  });

  test('tells the events that the service has', () => {
    expectTypeOf<StowageEvent>().toExtend<Told>();
    expectTypeOf<Told>().toExtend<StowageEvent>();
    expectTypeOf<EventType>().toEqualTypeOf<Told['type']>();
    expectTypeOf<FileFacts>().branded.toEqualTypeOf<ToldFacts>();
    expectTypeOf<DeletedFacts>().branded.toEqualTypeOf<ToldDeletedFacts>();
    expectTypeOf<QuotaFacts>().branded.toEqualTypeOf<ToldQuotaFacts>();
  });

  test.each<[string, (request: ReturnType<typeof signed>) => WebhookRequest]>([
    ['another body', (request) => ({ ...request, body: `${body} ` })],
    ['another id', (request) => ({ ...request, headers: { ...request.headers, 'webhook-id': 'evt_2' } })],
    ['another secret', (request) => ({ ...request, secret: secretOf('b') })],
    ['a signature that is cut short', (request) => changed(request, (signature) => signature.slice(0, -8))],
    ['a signature that is not base64', (request) => changed(request, () => 'v1,%%%')],
    ['another version of the signature', (request) => changed(request, (signature) => signature.replace('v1', 'v2'))],
    ['an empty signature', (request) => changed(request, () => 'v1,')],
    [
      'the right signature behind too many others',
      (request) => changed(request, (it) => `${'v1,AAAA '.repeat(10)}${it}`),
    ],
  ])('refuses %s', async (_, change) => {
    expect(await reasonOf(change(signed()))).toBe('signature');
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('refuses what has no %s', async (name) => {
    const request = signed();
    expect(await reasonOf({ ...request, headers: { ...request.headers, [name]: undefined } })).toBe('headers');
    expect(await reasonOf({ ...request, headers: { ...request.headers, [name]: ['a', 'b'] } })).toBe('headers');
  });

  test('refuses what is older or newer than the tolerance, and takes what is just within', async () => {
    vi.useFakeTimers({ now: new Date('2026-01-01T00:10:00Z'), toFake: ['Date'] });
    const at = (seconds: number) => signed(body, new Date(Date.now() + seconds * 1000));
    for (const seconds of [-300, 300]) expect(await verifyWebhook(at(seconds))).toEqual(event);
    for (const seconds of [-301, 301]) expect(await reasonOf(at(seconds))).toBe('timestamp');
    expect(await reasonOf({ ...at(-11), toleranceSeconds: 10 })).toBe('timestamp');
    for (const timestamp of ['soon', '1e9', '-1', `${Date.now()}`]) {
      const request = at(0);
      expect(await reasonOf({ ...request, headers: { ...request.headers, 'webhook-timestamp': timestamp } })).toBe(
        'timestamp',
      );
    }
  });

  test.each(['', 'no JSON', 'null', '{}', JSON.stringify({ ...event, version: 2 })])(
    'refuses the signed body %j, which is no event',
    async (text) => {
      expect(await reasonOf(signed(text))).toBe('body');
    },
  );

  test.each([[''], ['whsec_'], ['whsec_c2hvcnQ='], [secret.slice(6)], ['whsec_%%%'], [[]]])(
    'is misused with the secret %j',
    async (wrong) => {
      await expect(verifyWebhook({ ...signed(), secret: wrong })).rejects.toThrow(TypeError);
    },
  );

  test('is misused with a tolerance that is no number', async () => {
    await expect(verifyWebhook({ ...signed(), toleranceSeconds: Number.NaN })).rejects.toThrow(TypeError);
  });
});

function changed(request: ReturnType<typeof signed>, change: (signature: string) => string): WebhookRequest {
  const signature = change(request.headers['webhook-signature'] ?? '');
  return { ...request, headers: { ...request.headers, 'webhook-signature': signature } };
}
