import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointName, type EndpointRow, endpoints } from '#functions/routes.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError } from './expectations.ts';
import { type Repeatable, repeatables, type World } from './idempotency-routes.ts';
import { organizationsOn, put, type Row } from './organization-support.ts';
import { withoutKey } from './routes-without-key.ts';
import { openCloud } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let world: World;
beforeAll(async () => {
  opened = await openCloud();
  const { stowage } = opened;
  const [organizations, app, photo] = await Promise.all([organizationsOn(stowage), stowage.app(), jpegPhoto()]);
  world = { organizations, app, photo };
});
afterEach(() => {
  opened.cloud.faults.dynamodb = undefined;
});
afterAll(() => opened.close());

/** Links are signed anew each time. */
const withoutLinks = (body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body ?? null, (_, value) => (typeof value === 'string' ? value.replace(/\?.*$/s, '') : value)),
  );

const essenceOf = ({ essence }: Repeatable, body: unknown) => {
  const shown = withoutLinks(body) as { urlExpiresAt?: unknown };
  if (essence !== undefined) return essence(body as never);
  return JSON.stringify(shown, (name, value) => (/expire/i.test(name) ? undefined : value));
};

describe('an Idempotency-Key', () => {
  it('is honoured by every route that changes something, or there is a reason why not', () => {
    const changing = (Object.entries(endpoints) as [EndpointName, EndpointRow][]).filter(
      ([, { method }]) => method !== 'GET',
    );
    const unknown = changing.map(([name]) => name).filter((name) => !(name in repeatables) && !(name in withoutKey));
    expect(unknown).toEqual([]);
  });

  it.each(Object.entries(repeatables))(
    'of %s: the same again is answered the same, other content is refused',
    async (_, make) => {
      const made = await make(world);
      const headers = { 'idempotency-key': crypto.randomUUID() };
      const first = await made.send(headers, 'first');
      expect(first.status, JSON.stringify(first.body)).toBeLessThan(300);
      const again = await made.send(headers, 'first');
      expect([again.status, essenceOf(made, again.body)]).toEqual([first.status, essenceOf(made, first.body)]);
      if (made.onlyOne) return;
      expectError(await made.send(headers, 'other'), 422, 'idempotency_key_reused');
    },
  );

  it('sent twice at once makes one thing', async () => {
    const make = repeatables['organizations/progress-photos-create'];
    const made = await make?.(world);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => made?.send(headers, 'first')));
    expect(answers.map((answer) => answer?.status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => (answer?.body as Row | undefined)?.id)).size).toBe(1);
  });

  it('of another caller is another key', async () => {
    const { organizations } = world;
    const headers = { 'idempotency-key': 'shared' };
    const ask = async (as: object) =>
      (await organizations.stowage.ok('POST', `/organizations/${organizations.org}/uploads/presign`, {
        ...as,
        headers,
        json: { ownerType: 'progress_photo', mimeType: 'image/jpeg', fileSize: 20 },
      })) as { uploadId: string };
    const [ada, bob] = [await ask(organizations.ada.as), await ask(organizations.bob.as)];
    expect(ada.uploadId).not.toBe(bob.uploadId);
  });
});

describe('an answer that was lost after everything was done', () => {
  it.each([
    'organizations/progress-photos-create',
    'organizations/messages-create',
    'organizations/uploads-presign',
  ] as const)('(%s) is found by the same request again, and nothing is made twice', async (name) => {
    const made = await repeatables[name]?.(world);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    let lost = 0;
    opened.cloud.faults.dynamodb = ({ operation }) => {
      if (operation !== 'TransactWriteItems' || lost >= 4) return undefined;
      lost += 1;
      return { afterEffect: 'reset' };
    };
    // Whoever looks for what an earlier request made may find this one's own.
    expect([201, 503]).toContain((await made?.send(headers, 'first'))?.status);
    expect(lost).toBe(4);
    opened.cloud.faults.dynamodb = undefined;
    const [again, third] = [await made?.send(headers, 'first'), await made?.send(headers, 'first')];
    expect(again?.status, JSON.stringify(again?.body)).toBe(201);
    expect(withoutLinks(third?.body)).toEqual(withoutLinks(again?.body));
  });
});

describe('a late repeat', () => {
  it('of a state or a page does not undo what came between', async () => {
    for (const name of ['extensions/session-state-put', 'organizations/minisite-content-put'] as const) {
      const made = await repeatables[name]?.(world);
      const first = { 'idempotency-key': crypto.randomUUID() };
      const second = { 'idempotency-key': crypto.randomUUID() };
      await made?.send(first, 'first');
      const newest = await made?.send(second, 'other');
      expect((await made?.send(first, 'first'))?.status).toBe(200);
      const repeated = await made?.send(second, 'other');
      expect(withoutLinks(repeated?.body)).toEqual(withoutLinks(newest?.body));
    }
    const { stowage } = opened;
    const state = await stowage.ok('GET', `/api/extensions/sessions/${world.app.sessionId}/state`, {
      token: world.app.sessionToken,
    });
    expect(state).toMatchObject({ state: { a: 2 } });
  });
});

describe('a secret that is told once', () => {
  it('is told anew in place of the first, which works no more', async () => {
    const { stowage } = opened;
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const options = { token: stowage.dev.adminToken, headers, json: { label: 'lost' } };
    const path = `${world.app.admin}/developer-keys`;
    const list = async () =>
      ((await stowage.ok('GET', path, { token: options.token })) as { items: { keyId: string }[] }).items;
    const before = (await list()).length;
    const first = (await stowage.ok('POST', path, options)) as { keyId: string };
    const second = (await stowage.ok('POST', path, options)) as { keyId: string; key: string };
    const items = await list();
    expect(items).toHaveLength(before + 1);
    expect(items.map(({ keyId }) => keyId)).toContain(second.keyId);
    expect(items.map(({ keyId }) => keyId)).not.toContain(first.keyId);
  });

  it('is not told anew when it was used', async () => {
    const { stowage, org, platform } = world.organizations;
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const path = `/platform/organizations/${org}/forms/form/signature-tokens`;
    const options = { ...platform, headers, json: {} };
    const { token } = (await stowage.ok('POST', path, options)) as { token: string };
    const offer = await stowage.ok('POST', `/forms/by-token/${token}/signature-upload`, { json: { sizeBytes: 20 } });
    expect(await put(offer as never, Buffer.alloc(20))).toBe(200);
    expectError(await stowage.call('POST', path, options), 422, 'idempotency_key_reused');
  });
});
