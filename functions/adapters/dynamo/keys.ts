import type { CounterRef, Holder, Scope } from '#core/files/record.ts';
import type { SuspectList } from '#core/reconcile/stores.ts';
import type { ListRef } from '#core/uploads/lists.ts';

/**
 * Every key of the one table. Access patterns:
 *
 * | what                         | where                                                   | consistency |
 * |------------------------------|---------------------------------------------------------|-------------|
 * | file by id                   | pk FILE#id, sk FILE                                     | strong      |
 * | expiry ticket of a file      | pk FILE#id, sk EXPIRY (attribute `ttl`)                 | strong      |
 * | marker of a direct upload    | pk FILE#id, sk INCOMING                                 | strong      |
 * | counter of an app, in slices | pk APP#app#SLICE#n, sk COUNTER                          | strong      |
 * | what it had before slices    | pk APP#app, sk COUNTER                                  | strong      |
 * | counters of a session        | pk SESSION#session, sk COUNTER (an attribute an app)    | strong      |
 * | no states for an app, session| pk APP#app#SLICE#n or SESSION#session, sk CLOSED        | strong      |
 * | counter of a staging user    | pk STAGED#app#user, sk COUNTER                          | strong      |
 * | lock or template             | pk LOCK#id or TEMPLATE#id, sk HOLDER                    | strong      |
 * | clone of a template          | pk TEMPLATE#id, sk CLONE#lock                           | strong      |
 * | claim by id                  | pk CLAIM#id, sk CLAIM                                   | strong      |
 * | clean-up owed to a scope     | pk CLEANUP#kind#id, sk CLEANUP                          | strong      |
 * | states of a session, by app  | pk SESSION#session, sk STATE#app                        | strong      |
 * | settings of an app           | pk APP#app, sk SETTINGS                                 | strong      |
 * | which quota event was told   | pk APP#app, sk QUOTA_MARK                               | strong      |
 * | developer key, keys of an app| pk APP#app, sk KEY#keyId                                | strong      |
 * | apps there are               | pk APPS, sk APP#app                                     | strong      |
 * | usage of an app on a day     | pk APP#app, sk USAGE#day (attribute `ttl`)              | strong      |
 * | usage of a session or user   | pk USAGE#kind#app, sk ID#id: as reconcile saw it last   | strong      |
 * | audit, newest last           | pk AUDIT, sk id (attribute `ttl`)                       | strong      |
 * | idempotency                  | pk IDEMPOTENCY#id, sk IDEMPOTENCY (attribute `ttl`)     | strong      |
 * | member of an organization    | pk ORG#org, sk MEMBER#user                              | strong      |
 * | logo of an organization      | pk ORG#org, sk LOGO                                     | strong      |
 * | minisite of an organization  | pk ORG#org, sk MINISITE                                 | strong      |
 * | export job that ran again    | pk ORG#org, sk EXPORT#job                               | strong      |
 * | parent rows of a user        | pk PARENT#kind#user, sk id                              | strong      |
 * | signature token              | pk SIGNATURE_TOKEN#hash, sk TOKEN (attribute `ttl`)     | strong      |
 * | files of an app, in slices   | byApp: appPk APP#app#SLICE#n (before: APP#app), id      | eventual    |
 * | files of a session           | bySession: sessionPk SESSION#session, id                | eventual    |
 * | files of a lock or template  | byHolder: holderPk LOCK#id or TEMPLATE#id, id           | eventual    |
 * | staged files of user and app | byOwner: ownerPk STAGED#app#user, id                    | eventual    |
 * | files clones of a template see| byOwner: ownerPk TEMPLATE#id, id                       | eventual    |
 * | uploads of an owner          | byOwner: ownerPk OWNER#user, id                         | eventual    |
 * | uploads an owner deleted     | byOwner: ownerPk OWNER#user#DELETED, id                 | eventual    |
 * | uploads of an owner and coin | bySession: sessionPk COIN#user#coin, id                 | eventual    |
 * | length of such a list        | pk as in the index, sk RANK; parts of it RANK#level#n   | strong      |
 * | lease and state of reconcile | pk RECONCILE, sk RUN                                    | strong      |
 * | reports of its runs          | pk RECONCILE#REPORTS, sk id (attribute `ttl`)           | strong      |
 * | suspects of reconcile        | pk SUSPECTS#orphans#bucket, sk key of the object        | strong      |
 * |                              | or SUSPECTS#missing, sk id of the file                  |             |
 * | settings of the uploads API  | pk UPLOADS, sk SETTINGS                                 | strong      |
 * | files of an organization     | byOwner: ownerPk ORG#org, id                            | eventual    |
 * | its parent rows              | byOwner: ownerPk ORG#org#PARENTS, id                    | eventual    |
 * | its compliance documents     | bySession: sessionPk ORG#org#DOCUMENTS, id              | eventual    |
 * | audit of an app              | byOwner: ownerPk AUDIT#app, id                          | eventual    |
 * | usages by size               | byDue: duePk USAGE#kind#app, dueAt (its bytes)          | eventual    |
 * | what the schedule must see   | byDue: duePk DUE#shard, dueAt                           | eventual    |
 * | clean-ups owed for too long   | byDue: duePk DUE#SCOPE, dueAt                           | eventual    |
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
export const quotaMarkKey = (appId: string) => ({ pk: `APP#${appId}`, sk: 'QUOTA_MARK' });
export const developerKeyKey = (appId: string, keyId: string) => ({ pk: `APP#${appId}`, sk: `KEY#${keyId}` });
export const developerKeyPrefix = 'KEY#';
/** One partition: apps are as many as administrators turned on. The prefix keeps apps called FILE or COUNTER apart from those. */
export const appsPk = 'APPS';
export const registeredAppKey = (appId: string) => ({ pk: appsPk, sk: `${registeredAppPrefix}${appId}` });
export const registeredAppPrefix = 'APP#';
/** `day` is `2026-01-31`, in UTC. */
export const dailyUsageKey = (appId: string, day: string) => ({ pk: `APP#${appId}`, sk: `${dailyUsagePrefix}${day}` });
export const dailyUsagePrefix = 'USAGE#';
/** Where the usages of an app's sessions or staging users are, and their list by size in `byDue`. */
export const usagesPk = (kind: 'session' | 'staged', appId: string) => `USAGE#${kind.toUpperCase()}#${appId}`;
export const usageKey = (kind: 'session' | 'staged', appId: string, id: string) => ({
  pk: usagesPk(kind, appId),
  sk: `ID#${id}`,
});
export const auditPk = 'AUDIT';
export const auditKey = (id: string) => ({ pk: auditPk, sk: id });
export const auditOfAppPk = (appId: string) => `AUDIT#${appId}`;
export const idempotencyKey = (id: string) => ({ pk: `IDEMPOTENCY#${id}`, sk: 'IDEMPOTENCY' });

export const memberKey = (orgId: string, userId: string) => ({ pk: `ORG#${orgId}`, sk: `MEMBER#${userId}` });
export const logoKey = (orgId: string) => ({ pk: `ORG#${orgId}`, sk: 'LOGO' });
export const minisiteKey = (orgId: string) => ({ pk: `ORG#${orgId}`, sk: 'MINISITE' });
export const exportKey = (orgId: string, jobId: string) => ({ pk: `ORG#${orgId}`, sk: `EXPORT#${jobId}` });
export const signatureTokenKey = (hash: string) => ({ pk: `SIGNATURE_TOKEN#${hash}`, sk: 'TOKEN' });
export const parentPk = (kind: string, userId: string) => `PARENT#${kind}#${userId}`;
export const organizationPk = (orgId: string) => `ORG#${orgId}`;
/** Apart from the organization's other files: few among many would be dear to find. */
export const organizationDocumentsPk = (orgId: string) => `ORG#${orgId}#DOCUMENTS`;
export const organizationParentsPk = (orgId: string) => `ORG#${orgId}#PARENTS`;

export const appPk = (appId: string, slice?: number) =>
  slice === undefined ? `APP#${appId}` : `APP#${appId}#SLICE#${slice}`;
/** The app whose partition this is, its own or a slice of its counter; undefined for any other. */
export const appIdIn = (pk: string): string | undefined => /^APP#([^#]+)(#SLICE#\d+)?$/.exec(pk)?.[1];
export const sessionPk = (sessionId: string) => `SESSION#${sessionId}`;
export const stagedPk = (appId: string, userId: string) => `STAGED#${appId}#${userId}`;
/** The coin name comes last, so that it may hold any character. */
export function listPk(list: ListRef): string {
  switch (list.kind) {
    case 'owner':
      return `OWNER#${list.userId}`;
    case 'coin':
      return `COIN#${list.userId}#${list.coinName}`;
    case 'deleted':
      return `OWNER#${list.userId}#DELETED`;
  }
}
export const rankKey = (list: ListRef, level = 0, index = 0) => ({
  pk: listPk(list),
  sk: level === 0 ? 'RANK' : `RANK#${level}#${index}`,
});
export const reconcileKey = { pk: 'RECONCILE', sk: 'RUN' };
export const reportsPk = 'RECONCILE#REPORTS';
export const reportKey = (id: string) => ({ pk: reportsPk, sk: id });
/** One partition a list: suspects are rare, and many of them are a disaster that somebody is looking at. */
export const suspectsPk = (list: SuspectList) => `SUSPECTS#${list.replace(' ', '#')}`;
export const uploadSettingsKey = { pk: 'UPLOADS', sk: 'SETTINGS' };
export const duePk = (shard: number) => `DUE#${shard}`;
export const dueIncomingPk = (shard: number) => `DUE#INCOMING#${shard}`;
export const dueShardOf = (id: string) => Number.parseInt(id.slice(-2), 16) % dueShards;

export function counterKey(counter: CounterRef): { pk: string; sk: string } {
  switch (counter.kind) {
    case 'app':
      return { pk: appPk(counter.appId, counter.slice), sk: 'COUNTER' };
    case 'session':
      return { pk: sessionPk(counter.sessionId), sk: 'COUNTER' };
    case 'staged':
      return { pk: stagedPk(counter.appId, counter.userId), sk: 'COUNTER' };
  }
}

export const holderPk = (holder: Holder) => `${holder.type === 'lock' ? 'LOCK' : 'TEMPLATE'}#${holder.id}`;
export const holderKey = (holder: Holder) => ({ pk: holderPk(holder), sk: 'HOLDER' });
export const cloneKey = (templateId: string, lockId: string) => ({
  pk: holderPk({ type: 'template', id: templateId }),
  sk: `CLONE#${lockId}`,
});
export const claimKey = (claimId: string) => ({ pk: `CLAIM#${claimId}`, sk: 'CLAIM' });
export const stateKey = (sessionId: string, appId: string) => ({ pk: sessionPk(sessionId), sk: `STATE#${appId}` });
/** Where a session's states are closed, and an app's: its own for each slice, so that it is nobody's hot item. */
export const closedSessionKey = (sessionId: string) => ({ pk: sessionPk(sessionId), sk: 'CLOSED' });
export const closedAppKey = (appId: string, slice: number) => ({ pk: appPk(appId, slice), sk: 'CLOSED' });
/** Before states had their app in the key, a session had one state, which named its app: it is read, and deleted, still. */
export const formerStateKey = (sessionId: string) => ({ pk: sessionPk(sessionId), sk: 'STATE' });
/** What the sort keys of both begin with, and no other of a session. */
export const statePrefix = 'STATE';

/** One partition: clean-ups are few, and what is owed for an hour is rare. */
export const dueScopePk = 'DUE#SCOPE';

export const cleanupKey = (scope: Scope) => ({ pk: `CLEANUP#${scopePk(scope)}`, sk: 'CLEANUP' });

/** The index that lists a scope's files, and its key there. An app's are in one partition a slice. */
export function scopeIndex(scope: Scope, slice?: number): { IndexName: string; pk: string; value: string } {
  switch (scope.kind) {
    case 'app':
      return { IndexName: 'byApp', pk: 'appPk', value: appPk(scope.appId, slice) };
    case 'session':
      return { IndexName: 'bySession', pk: 'sessionPk', value: sessionPk(scope.sessionId) };
    case 'lock':
    case 'template':
      return { IndexName: 'byHolder', pk: 'holderPk', value: scopePk(scope) };
  }
}

function scopePk(scope: Scope): string {
  switch (scope.kind) {
    case 'app':
      return appPk(scope.appId);
    case 'session':
      return sessionPk(scope.sessionId);
    case 'lock':
      return holderPk({ type: 'lock', id: scope.lockId });
    case 'template':
      return holderPk({ type: 'template', id: scope.templateId });
  }
}

/** The index that lists the records a counter counts, and its key there: a session's with those of other apps. */
export function counterIndex(counter: CounterRef): { IndexName: string; pk: string; value: string } {
  switch (counter.kind) {
    case 'app':
      return scopeIndex({ kind: 'app', appId: counter.appId }, counter.slice);
    case 'session':
      return scopeIndex({ kind: 'session', sessionId: counter.sessionId });
    case 'staged':
      return { IndexName: 'byOwner', pk: 'ownerPk', value: stagedPk(counter.appId, counter.userId) };
  }
}
