import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type ListedFile, listedFields, type Page, type PageRequest, type SessionRef } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { cloneKey, holderKey, holderPk, sessionPk } from './keys.ts';
import { queryPage } from './query.ts';
import { formAttribute } from './record-version.ts';

/**
 * A page of what a session sees, newest first: its own files, and those of the template its lock is a clone of. Both
 * lists are read from the same cursor on, since the ids of files grow with time.
 */
export async function listSession(table: Table, session: SessionRef, page: PageRequest): Promise<Page<ListedFile>> {
  const [own, templateIds] = await Promise.all([
    listReady(table, { IndexName: 'bySession', pk: 'sessionPk', value: sessionPk(session.sessionId) }, page, {
      appId: session.appId,
      lockId: session.lockId,
    }),
    templatesOf(table, session.lockId),
  ]);
  if (templateIds.length === 0) return own;
  const inherited = await Promise.all(
    templateIds.map((id) =>
      listReady(table, { IndexName: 'byOwner', pk: 'ownerPk', value: holderPk({ type: 'template', id }) }, page, {
        appId: session.appId,
      }),
    ),
  );
  return merged([own, ...inherited], page.limit);
}

/** Whether a lock that lives is a clone of this template; strongly consistent. */
export async function isCloneOf(table: Table, lockId: string, templateId: string): Promise<boolean> {
  const { Item } = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: cloneKey(templateId, lockId), ConsistentRead: true }),
  );
  return Item !== undefined;
}

async function templatesOf(table: Table, lockId: string): Promise<string[]> {
  const { Item } = await table.documents.send(
    new GetCommand({
      TableName: table.name,
      Key: holderKey({ type: 'lock', id: lockId }),
      ProjectionExpression: 'templateIds, deletedAt',
      ConsistentRead: true,
    }),
  );
  return Item?.deletedAt === undefined ? [...((Item?.templateIds as Set<string> | undefined) ?? [])] : [];
}

/**
 * What is not shown is not sent either: keys and bookkeeping are half of a record, and each attribute is unpacked by itself.
 * All by placeholders: some are words that DynamoDB keeps for itself.
 */
const shown = [...listedFields, formAttribute];
const projection = shown.map((name) => `#${name}`).join(',');
const names = Object.fromEntries([...shown, 'state'].map((name) => [`#${name}`, name]));

async function listReady(
  table: Table,
  { IndexName, pk, value }: { IndexName: string; pk: string; value: string },
  page: PageRequest,
  { appId, lockId }: { appId: string; lockId?: string },
): Promise<Page<ListedFile>> {
  const query = {
    IndexName,
    KeyConditionExpression: '#pk = :pk',
    FilterExpression: `#state = :ready AND #appId = :app${lockId === undefined ? '' : ' AND #lockId = :lock'}`,
    ProjectionExpression: projection,
    ExpressionAttributeNames: { ...names, '#pk': pk },
    ExpressionAttributeValues: {
      ':pk': value,
      ':ready': 'ready',
      ':app': appId,
      ...(lockId !== undefined && { ':lock': lockId }),
    },
    ScanIndexForward: false,
  };
  return await queryPage(table, query, { pk, value }, page);
}

/** What comes first of several lists; there is more where any of them has more, or was not shown to its end. */
function merged(pages: Page<ListedFile>[], limit: number): Page<ListedFile> {
  const all = pages.flatMap(({ items }) => items).sort((a, b) => (a.id < b.id ? 1 : -1));
  const items = all.slice(0, limit);
  const last = items.at(-1);
  const more = all.length > limit || pages.some(({ cursor }) => cursor !== undefined);
  return { items, ...(more && last !== undefined && { cursor: last.id }) };
}
