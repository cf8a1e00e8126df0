import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as keys from '#adapters/dynamo/keys.ts';
import { sliceCount } from '#core/files/slices.ts';
import { identifierPattern } from '#core/identity/tokens.ts';

/** Ids that are made of what keys are made of, so that a missing separator shows. */
const ids = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'aa', 'aaa') },
  fc.stringMatching(/^[ab:._|-]{1,4}$/),
  fc.constantFrom('COUNTER', 'STATE', 'PARENTS', 'INCOMING', 'APP', 'ORG'),
  fc.stringMatching(identifierPattern),
);
/** A coin's name is text of people, with any character that keys are joined with. */
const coins = fc.oneof(
  ids,
  fc.string({ unit: fc.constantFrom('#', 'a', 'RANK', '/', 'é'), minLength: 1, maxLength: 8 }),
);
const shards = fc.nat({ max: keys.dueShards - 1 });

type Key = { pk: string; sk?: string };
const pk = (value: string): Key => ({ pk: value });
const holders = fc.record({ type: fc.constantFrom('lock' as const, 'template' as const), id: ids });
const parentKinds = fc.constantFrom('progress_photo', 'exercise_comment', 'message');
const lists = fc.oneof(
  fc.record({ kind: fc.constant('owner' as const), userId: ids }),
  fc.record({ kind: fc.constant('coin' as const), userId: ids, coinName: coins }),
);
const scopes = fc.oneof(
  fc.record({ kind: fc.constant('app' as const), appId: ids }),
  fc.record({ kind: fc.constant('session' as const), sessionId: ids }),
  fc.record({ kind: fc.constant('lock' as const), lockId: ids }),
  fc.record({ kind: fc.constant('template' as const), templateId: ids }),
);
const counters = fc.oneof(
  fc.record({
    kind: fc.constant('app' as const),
    appId: ids,
    slice: fc.option(fc.nat({ max: sliceCount - 1 }), { nil: undefined }),
  }),
  // All apps of a session in one item; see the counters' own test.
  fc.record({ kind: fc.constant('session' as const), appId: fc.constant('app'), sessionId: ids }),
  fc.record({ kind: fc.constant('staged' as const), appId: ids, userId: ids }),
);

/** What is kept under a key of its own: its name, what it is of, and the key. */
type Thing = { name: string; of: unknown; key: Key };
const thing = <T>(name: string, of: fc.Arbitrary<T>, key: (of: T) => Key): fc.Arbitrary<Thing> =>
  of.map((value) => ({ name, of: value, key: key(value) }));
const two = fc.tuple(ids, ids);
const days = fc.constantFrom('2026-01-31', '2026-02-01');
const usages = fc.tuple(fc.constantFrom('session' as const, 'staged' as const), ids, ids);

const items = [
  thing('file', ids, keys.fileKey),
  thing('ticket', ids, keys.ticketKey),
  thing('marker', ids, keys.incomingKey),
  thing('counter', counters, keys.counterKey),
  thing('settings', ids, keys.settingsKey),
  thing('uploads settings', fc.constant(''), () => keys.uploadSettingsKey),
  thing('developer key', two, ([app, key]) => keys.developerKeyKey(app, key)),
  thing('registered app', ids, keys.registeredAppKey),
  thing('usage of a day', fc.tuple(ids, days), ([app, day]) => keys.dailyUsageKey(app, day)),
  thing('usage', usages, ([kind, app, id]) => keys.usageKey(kind, app, id)),
  thing('audit', ids, keys.auditKey),
  thing('report', ids, keys.reportKey),
  thing('idempotency', ids, keys.idempotencyKey),
  thing('holder', holders, keys.holderKey),
  thing('clone', two, ([template, lock]) => keys.cloneKey(template, lock)),
  thing('claim', ids, keys.claimKey),
  thing('clean-up', scopes, keys.cleanupKey),
  thing('state', two, ([session, app]) => keys.stateKey(session, app)),
  thing('former state', ids, keys.formerStateKey),
  thing('closed session', ids, keys.closedSessionKey),
  thing('closed app', fc.tuple(ids, fc.nat({ max: sliceCount - 1 })), ([app, slice]) => keys.closedAppKey(app, slice)),
  thing('member', two, ([org, user]) => keys.memberKey(org, user)),
  thing('logo', ids, keys.logoKey),
  thing('minisite', ids, keys.minisiteKey),
  thing('signature token', ids, keys.signatureTokenKey),
  thing('parent', fc.tuple(parentKinds, ids, ids), ([kind, user, id]) => ({ pk: keys.parentPk(kind, user), sk: id })),
  thing('rank', fc.tuple(lists, fc.nat({ max: 2 }), fc.nat({ max: 9 })), ([list, level, n]) =>
    keys.rankKey(list, level, level === 0 ? 0 : n),
  ).map((found) => {
    const [list, level, n] = found.of as [unknown, number, number];
    return { ...found, of: [list, level, level === 0 ? 0 : n] };
  }),
];

/** Lists by the index they are in: one index may hold lists of different things. */
const byOwner = [
  thing('staged', two, ([app, user]) => pk(keys.stagedPk(app, user))),
  thing('organization', ids, (org) => pk(keys.organizationPk(org))),
  thing('audit of an app', ids, (app) => pk(keys.auditOfAppPk(app))),
  thing('parents', ids, (org) => pk(keys.organizationParentsPk(org))),
  thing('holder', holders, (holder) => pk(keys.holderPk(holder))),
  thing(
    'list',
    lists.filter(({ kind }) => kind === 'owner'),
    (list) => pk(keys.listPk(list)),
  ),
];
const bySession = [
  thing('session', ids, (session) => pk(keys.sessionPk(session))),
  thing('documents', ids, (org) => pk(keys.organizationDocumentsPk(org))),
  thing(
    'list',
    lists.filter(({ kind }) => kind === 'coin'),
    (list) => pk(keys.listPk(list)),
  ),
];
const byDue = [
  thing('due', shards, (shard) => pk(keys.duePk(shard))),
  thing('incoming', shards, (shard) => pk(keys.dueIncomingPk(shard))),
  thing('usages', usages, ([kind, app]) => pk(keys.usagesPk(kind, app))).map((found) => ({
    ...found,
    of: (found.of as string[]).slice(0, 2),
  })),
  thing('scopes', fc.constant(''), () => pk(keys.dueScopePk)),
];

/** Two of one kind as often as two of any. */
const pairs = (kinds: fc.Arbitrary<Thing>[]) =>
  fc.oneof(...kinds.map((kind) => fc.tuple(kind, kind)), fc.tuple(fc.oneof(...kinds), fc.oneof(...kinds)));

const named = ({ name, of }: Thing) => JSON.stringify([name, of]);

describe('two different things', () => {
  it.each([
    ['items', items],
    ['lists of the index byOwner', byOwner],
    ['lists of the index bySession', bySession],
    ['lists of the index byDue', byDue],
  ])('never share a key: %s', (_, kinds) => {
    fc.assert(
      fc.property(pairs(kinds), ([one, other]) => {
        fc.pre(named(one) !== named(other));
        expect(one.key).not.toEqual(other.key);
      }),
      { numRuns: 20_000 },
    );
  });
});

it('the longest ids make keys that DynamoDB takes: 2048 bytes of partition key, 1024 of sort key', () => {
  const [id, coinName] = ['x'.repeat(128), '\u{1f600}'.repeat(64)];
  const longest: Key[] = [
    keys.developerKeyKey(id, id),
    keys.memberKey(id, id),
    keys.registeredAppKey(id),
    keys.usageKey('session', id, id),
    keys.cloneKey(id, id),
    keys.stateKey(id, id),
    pk(keys.stagedPk(id, id)),
    pk(keys.parentPk('exercise_comment', id)),
    keys.rankKey({ kind: 'coin', userId: id, coinName }, 2, 2 ** 32),
  ];
  for (const { pk, sk = '' } of longest) {
    expect(Buffer.byteLength(pk)).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(sk)).toBeLessThanOrEqual(1024);
  }
});
