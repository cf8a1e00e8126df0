/** What each DynamoDB operation does here: dynalite's action over our store, or ours. */
import { alwaysTrue, meets, type ParsedCondition } from './conditions.ts';
import { type Body, type Item, internals, isDynaliteOperation, parseRequest, runAction } from './dynalite.ts';
import { isWireError, typeOf, wireError } from './errors.ts';
import { conflictMessage, itemId, throttlingMessage } from './item-id.ts';
import type { Load } from './load.ts';
import type { Store } from './store.ts';
import { changeTable, deleteTable, describeTtl, updateTtl } from './tables.ts';
import type { Tokens } from './tokens.ts';
import { checkReturnsOld } from './transaction-parts.ts';
import { transactGet, transactWrite } from './transactions.ts';

/** What an operation runs against. */
export interface Service {
  store: Store;
  tokens: Tokens;
  load: Load;
}

/** One item: condition, write and index entries are one batch; the old item travels with a failed condition if asked for. */
function writeItem(service: Service, operation: 'PutItem' | 'UpdateItem' | 'DeleteItem', body: Body): Promise<Body> {
  const { store, load } = service;
  const returnsOld = body.ReturnValuesOnConditionCheckFailure;
  checkReturnsOld(returnsOld);
  const data = parseRequest(operation, body, store.raw);
  return store.lock(async () => {
    const item = await itemId(store, String(data.TableName), (data.Item ?? data.Key) as Item);
    if (item !== undefined && load.holds.isHeld(item)) {
      throw wireError('TransactionConflictException', conflictMessage);
    }
    const unit = store.unit();
    try {
      const answer = await unit.run(operation, data);
      if (!unit.changes().every((change) => load.partitions.take(change, 1))) {
        throw wireError('ThrottlingException', throttlingMessage);
      }
      await unit.commit();
      return answer;
    } catch (error) {
      if (isWireError(error) && returnsOld === 'ALL_OLD' && typeOf(error) === 'ConditionalCheckFailedException') {
        error.body.Item = unit.changes()[0]?.before;
      }
      throw error;
    }
  });
}

/**
 * Up to 25 items in one batch: all or nothing here, where the service writes them one by one. Load never reaches it: the
 * product does not write in batches.
 */
function batchWrite(store: Store, body: Body): Promise<Body> {
  const data = parseRequest('BatchWriteItem', body, store.raw);
  return store.lock(async () => {
    const unit = store.unit();
    const answer = await unit.run('BatchWriteItem', data);
    await unit.commit();
    return answer;
  });
}

/** dynalite leaves a projection by expression out of `UnprocessedKeys`, so a caller's next round would read whole items. */
async function batchGet({ store, load }: Service, body: Body): Promise<Body> {
  const asked = structuredClone(body.RequestItems) as Record<string, Body> | undefined;
  const data = parseRequest('BatchGetItem', body, store.raw);
  const leftOut = leaveOut(data.RequestItems as Record<string, { Keys: Item[] }>, load);
  const answer = await runAction('BatchGetItem', data, store.reader());
  const unprocessed = answer.UnprocessedKeys as Record<string, Body>;
  for (const [table, keys] of Object.entries(leftOut)) {
    unprocessed[table] = { Keys: [...((unprocessed[table]?.Keys as Item[] | undefined) ?? []), ...keys] };
  }
  for (const [table, { Keys }] of Object.entries(unprocessed)) unprocessed[table] = { ...asked?.[table], Keys };
  return answer;
}

/** Takes keys out of a batch, but never all of a table: a batch that gets nothing is an exception in the service. */
function leaveOut(requested: Record<string, { Keys: Item[] }>, load: Load): Record<string, Item[]> {
  const leftOut: Record<string, Item[]> = {};
  for (const [table, request] of Object.entries(requested)) {
    const [kept = [], rest = []] = [request.Keys.slice(0, 1), []] as Item[][];
    for (const key of request.Keys.slice(1)) (load.leavesOut() ? rest : kept).push(key);
    request.Keys = kept;
    if (rest.length > 0) leftOut[table] = rest;
  }
  return leftOut;
}

/**
 * A page of a query or scan. The filter is applied to the page dynalite read, so it reads whole items without counting or
 * projecting them, and those two follow the filter.
 */
async function readPage(store: Store, operation: 'Query' | 'Scan', body: Body): Promise<Body> {
  const data = parseRequest(operation, body, store.raw);
  const reader = store.reader(data.ExclusiveStartKey as Item | undefined);
  const filter = data._filter as ParsedCondition | undefined;
  if (!filter) return runAction(operation, data, reader);
  const { _projection: projection, Select: select, ...rest } = data;
  const isCount = select === 'COUNT';
  const page = await runAction(
    operation,
    { ...rest, ...(!isCount && { Select: select }), _filter: { ...filter, expression: alwaysTrue } },
    reader,
  );
  const items = (page.Items as Item[]).filter((item) => meets(item, filter.expression));
  const { Items: _unfiltered, ...answer } = page;
  if (isCount) return { ...answer, Count: items.length };
  const paths = (projection as { paths: unknown[] } | undefined)?.paths;
  return {
    ...answer,
    Count: items.length,
    Items: paths ? items.map((item) => internals.mapPaths(paths, item)) : items,
  };
}

/** Runs one operation and answers its output. Rejects with a `WireError` for everything a caller may see. */
export async function runOperation(service: Service, operation: string, body: Body): Promise<Body> {
  const { store } = service;
  switch (operation) {
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem':
      return writeItem(service, operation, body);
    case 'BatchWriteItem':
      return batchWrite(store, body);
    case 'BatchGetItem':
      return batchGet(service, body);
    case 'TransactWriteItems':
      return transactWrite(service, body);
    case 'TransactGetItems':
      return transactGet(service, body);
    case 'CreateTable':
    case 'UpdateTable':
      return changeTable(store, operation, body);
    case 'DeleteTable':
      return deleteTable(store, body);
    case 'DescribeTimeToLive':
      return describeTtl(store, body);
    case 'UpdateTimeToLive':
      return updateTtl(store, body);
    case 'GetItem':
      return runAction(operation, parseRequest(operation, body, store.raw), store.reader());
    case 'Query':
    case 'Scan':
      return readPage(store, operation, body);
    default:
      if (!isDynaliteOperation(operation))
        throw wireError('UnknownOperationException', 'An unknown operation was requested.');
      return runAction(operation, parseRequest(operation, body, store.raw), store.raw);
  }
}
