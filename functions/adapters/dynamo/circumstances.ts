import type { CircumstanceStore } from '#core/extensions/administration/circumstances.ts';
import { scopesOf } from '#core/extensions/administration/circumstances.ts';
import type { ClaimRecord } from '#core/extensions/claims/claim-record.ts';
import { sliceOf } from '#core/files/slices.ts';
import { getByKey } from './batch-get.ts';
import type { Table } from './client.ts';
import { claimKey, cleanupKey, closedAppKey, closedSessionKey, holderKey, incomingKey, ticketKey } from './keys.ts';
import { lostAfterMs } from './lifecycle-store.ts';

type Key = { pk: string; sk: string };

/** What stands around a file in the table; see `CircumstanceStore`. */
export function createCircumstanceStore(table: Table): CircumstanceStore {
  return {
    async look(file) {
      const { appId, sessionId, lockId, templateId, claimIds = [] } = file;
      const scopes = scopesOf(file);
      const keys = {
        ticket: ticketKey(file.id),
        marker: incomingKey(file.id),
        app: closedAppKey(appId, file.slice ?? sliceOf(file.id)),
        session: sessionId === undefined ? undefined : closedSessionKey(sessionId),
        lock: lockId === undefined ? undefined : holderKey({ type: 'lock', id: lockId }),
        template: templateId === undefined ? undefined : holderKey({ type: 'template', id: templateId }),
      };
      const single = Object.values(keys).filter((key) => key !== undefined);
      const all = [...single, ...claimIds.map(claimKey), ...scopes.map(cleanupKey)];
      const item = await getByKey(table, all);
      const find = (key: Key | undefined) => (key === undefined ? undefined : item(key));
      const { ttl } = find(keys.ticket) ?? {};
      const { dueAt } = find(keys.marker) ?? {};
      const template = find(keys.template);
      return {
        ...(ttl !== undefined && { ticketAt: Number(ttl) * 1000 }),
        ...(dueAt !== undefined && { markerAt: Number(dueAt) }),
        claims: claimIds.flatMap((id) => claimIn(find(claimKey(id)))),
        ...(keys.lock !== undefined && { lock: textsOf(find(keys.lock), ['deletedAt']) }),
        ...(keys.template !== undefined && {
          template: { clones: Number(template?.clones ?? 0), ...textsOf(template, ['deletedAt', 'letGoAt']) },
        }),
        ...(keys.session !== undefined && { session: textsOf(find(keys.session), ['closedAt']) }),
        app: textsOf(find(keys.app), ['closedAt']),
        owed: scopes.flatMap((scope) => {
          const againAt = find(cleanupKey(scope))?.dueAt;
          return againAt === undefined
            ? []
            : [{ scope, since: Number(againAt) - lostAfterMs, againAt: Number(againAt) }];
        }),
      };
    },
  };
}

function claimIn(item: Record<string, unknown> | undefined): ClaimRecord[] {
  if (item === undefined) return [];
  const { pk: _pk, sk: _sk, ...claim } = item;
  return [claim as unknown as ClaimRecord];
}

/** Those of the attributes that are there. */
function textsOf<N extends string>(item: Record<string, unknown> | undefined, names: N[]): { [K in N]?: string } {
  const there = names.filter((name) => item?.[name] !== undefined);
  return Object.fromEntries(there.map((name) => [name, String(item?.[name])])) as { [K in N]?: string };
}
