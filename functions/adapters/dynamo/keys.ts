import type { CounterRef } from '#core/file-record.ts';

/**
 * Every key of the one table. Access patterns:
 *
 * | what                         | where                                                   | consistency |
 * |------------------------------|---------------------------------------------------------|-------------|
 * | file by id                   | pk FILE#id, sk FILE                                     | strong      |
 * | expiry ticket of a file      | pk FILE#id, sk EXPIRY (attribute `ttl`)                 | strong      |
 * | marker of a direct upload    | pk FILE#id, sk INCOMING                                 | strong      |
 * | counter of an app            | pk APP#app, sk COUNTER                                  | strong      |
 * | counter of a session         | pk SESSION#app#session, sk COUNTER                      | strong      |
 * | counter of a staging user    | pk STAGED#app#user, sk COUNTER                          | strong      |
 * | settings of an app           | pk APP#app, sk SETTINGS                                 | strong      |
 * | developer key, keys of an app| pk APP#app, sk KEY#keyId                                | strong      |
 * | idempotency                  | pk IDEMPOTENCY#id, sk IDEMPOTENCY (attribute `ttl`)     | strong      |
 * | files of an app              | byApp: appPk APP#app, id                                | eventual    |
 * | files of a session           | bySession: sessionPk SESSION#app#session, id            | eventual    |
 * | files of a lock or template  | byHolder: holderPk LOCK#id or TEMPLATE#id, id           | eventual    |
 * | staged files of user and app | byOwner: ownerPk STAGED#app#user, id                    | eventual    |
 * | what the schedule must see   | byDue: duePk DUE#shard, dueAt                           | eventual    |
 * | markers the schedule must see| byDue: duePk DUE#INCOMING#shard, dueAt                  | eventual    |
 *
 * Index attributes are sparse: a record that leaves a list loses the attribute. `#` cannot occur in an id (token
 * claims and path parameters are checked), so no two different things share a key.
 */

/** Shards of the due index: enough that no partition is hot, few enough to ask all of them at once. */
export const dueShards = 8;

export const fileKey = (id: string) => ({ pk: `FILE#${id}`, sk: 'FILE' });
export const ticketKey = (id: string) => ({ pk: `FILE#${id}`, sk: 'EXPIRY' });
export const incomingKey = (id: string) => ({ pk: `FILE#${id}`, sk: 'INCOMING' });
export const settingsKey = (appId: string) => ({ pk: `APP#${appId}`, sk: 'SETTINGS' });
export const developerKeyKey = (appId: string, keyId: string) => ({ pk: `APP#${appId}`, sk: `KEY#${keyId}` });
export const developerKeyPrefix = 'KEY#';
export const idempotencyKey = (id: string) => ({ pk: `IDEMPOTENCY#${id}`, sk: 'IDEMPOTENCY' });

export const appPk = (appId: string) => `APP#${appId}`;
export const sessionPk = (appId: string, sessionId: string) => `SESSION#${appId}#${sessionId}`;
export const stagedPk = (appId: string, userId: string) => `STAGED#${appId}#${userId}`;
export const duePk = (shard: number) => `DUE#${shard}`;
export const dueIncomingPk = (shard: number) => `DUE#INCOMING#${shard}`;
export const dueShardOf = (id: string) => Number.parseInt(id.slice(-2), 16) % dueShards;

export function counterKey(counter: CounterRef): { pk: string; sk: string } {
  switch (counter.kind) {
    case 'app':
      return { pk: appPk(counter.appId), sk: 'COUNTER' };
    case 'session':
      return { pk: sessionPk(counter.appId, counter.sessionId), sk: 'COUNTER' };
    case 'staged':
      return { pk: stagedPk(counter.appId, counter.userId), sk: 'COUNTER' };
  }
}
