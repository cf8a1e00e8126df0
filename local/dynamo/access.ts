/**
 * Who may do what, asked once for every permission a request needs: a transaction is authorized as its parts, as IAM does
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html). The signature itself is not
 * verified: the key id in it is taken at its word.
 */
import type { Body } from './dynalite.ts';
import { wireError } from './errors.ts';
import { sketchParts } from './transaction-parts.ts';

/** Answers whether the key may do `dynamodb:<action>`; `tableName` is empty for operations that name no table. */
export type Authorize = (
  accessKeyId: string | undefined,
  action: string,
  tableName: string,
  indexName?: string,
) => boolean;

/** The access key id of a SigV4 `Authorization` header, without checking anything. */
export function accessKeyIdOf(authorization: string | undefined): string | undefined {
  return /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}

interface Need {
  action: string;
  tableName: string;
  indexName?: string;
}

function needsOf(operation: string, body: Body): Need[] {
  if (operation === 'TransactWriteItems' || operation === 'TransactGetItems') return sketchParts(body);
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return Object.keys(body.RequestItems ?? {}).map((tableName) => ({ action: operation, tableName }));
  }
  const tableName = typeof body.TableName === 'string' ? body.TableName : '';
  return [{ action: operation, tableName, ...(typeof body.IndexName === 'string' && { indexName: body.IndexName }) }];
}

/** How many items or parts a request carries; 1 for those that carry none. */
export function itemsOf(operation: string, body: Body): number {
  if (Array.isArray(body.TransactItems)) return body.TransactItems.length;
  if (operation !== 'BatchGetItem' && operation !== 'BatchWriteItem') return 1;
  const tables = Object.values(body.RequestItems ?? {}) as (unknown[] | { Keys?: unknown[] })[];
  return tables.reduce((sum, table) => sum + (Array.isArray(table) ? table.length : (table.Keys?.length ?? 0)), 0);
}

/** Throws AccessDeniedException, in the service's words, for the first permission that is missing. */
export function checkAccess(
  authorize: Authorize,
  accessKeyId: string | undefined,
  request: { operation: string; body: Body },
  arnOf: (tableName: string) => string,
): void {
  for (const { action, tableName, indexName } of needsOf(request.operation, request.body)) {
    if (authorize(accessKeyId, action, tableName, indexName)) continue;
    const resource = indexName === undefined ? arnOf(tableName) : `${arnOf(tableName)}/index/${indexName}`;
    throw wireError(
      'AccessDeniedException',
      `User: ${accessKeyId} is not authorized to perform: dynamodb:${action} on resource: ${resource}`,
    );
  }
}
