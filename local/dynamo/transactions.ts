/**
 * TransactWriteItems and TransactGetItems. Every part runs as dynalite's own action against one unit of work, which is
 * committed when all of them succeeded. The store's lock is held throughout, so there is never a TransactionConflict here,
 * where the service (and DynamoDB Local) cancel one of two overlapping transactions: callers must retry on it all the same.
 * A part that is impossible for its item or table (`ADD` to a map, a missing key) is the reason `ValidationError` of a
 * TransactionCanceledException, as the service documents; DynamoDB Local answers a plain ValidationException.
 */
import { type Body, internals, runAction } from './dynalite.ts';
import {
  type CancellationReason,
  isWireError,
  transactionCanceled,
  typeOf,
  validationError,
  type WireError,
} from './errors.ts';
import { checkIndexKeys } from './indexes.ts';
import type { Store } from './store.ts';
import type { Tokens } from './tokens.ts';
import { keyOf, type Part, parseParts, partKinds } from './transaction-parts.ts';
import type { UnitOfWork } from './unit.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html, aggregate size of the items. */
const maxBytes = 4 * 1024 * 1024;

function reasonOf(
  error: WireError,
  part: Part,
  unit: UnitOfWork | undefined,
  touchedBefore: number,
): CancellationReason {
  const message = String(error.body.message ?? error.message);
  if (typeOf(error) !== 'ConditionalCheckFailedException') return { Code: 'ValidationError', Message: message };
  const before = unit?.changes()[touchedBefore]?.before;
  return { Code: 'ConditionalCheckFailed', ...(part.returnsOld && before && { Item: before }), Message: message };
}

/** Runs the parts in order and gathers each one's result; cancels when one refused, after all of them were asked. */
async function runParts<T>(parts: Part[], unit: UnitOfWork | undefined, run: (part: Part) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const reasons: CancellationReason[] = [];
  for (const part of parts) {
    const touchedBefore = unit?.changes().length ?? 0;
    try {
      results.push(await run(part));
      const after = unit?.changes()[touchedBefore];
      if (after?.after && after.after !== after.before) checkIndexKeys(after.after, after.info.table);
      reasons.push({ Code: 'None' });
    } catch (error) {
      if (!isWireError(error)) throw error;
      reasons.push(reasonOf(error, part, unit, touchedBefore));
    }
  }
  if (reasons.some((reason) => reason.Code !== 'None')) throw transactionCanceled(reasons);
  return results;
}

/** Throws when two parts name one item, or a table does not exist. A malformed key is left for its part to report. */
async function checkDistinct(store: Store, parts: Part[]): Promise<void> {
  const seen = new Set<string>();
  for (const part of parts) {
    const { table } = await store.table(part.tableName);
    const key = keyOf(part);
    const keyOnly = Object.fromEntries(
      table.KeySchema.flatMap(({ AttributeName: name }) => (key[name] ? [[name, key[name]]] : [])),
    );
    if (internals.validateKey(keyOnly, table)) continue;
    const id = `${part.tableName}~${internals.createKey(keyOnly, table)}`;
    if (seen.has(id)) throw validationError('Transaction request cannot include multiple operations on one item');
    seen.add(id);
  }
}

function runWrite(part: Part, unit: UnitOfWork): Promise<Body> {
  if (part.kind !== 'ConditionCheck') return unit.run(partKinds[part.kind].operation, part.data);
  return unit.check(part.tableName, keyOf(part), part.data);
}

/** A transactional read or write costs twice; summed by table, and only when it was asked for. */
function consumed(body: Body, parts: Part[], results: Body[], member: 'Read' | 'Write'): Body {
  if (body.ReturnConsumedCapacity !== 'TOTAL' && body.ReturnConsumedCapacity !== 'INDEXES') return {};
  const units = new Map<string, number>();
  parts.forEach((part, position) => {
    const capacity = results[position]?.ConsumedCapacity as { CapacityUnits: number } | undefined;
    units.set(part.tableName, (units.get(part.tableName) ?? 0) + 2 * (capacity?.CapacityUnits ?? 0));
  });
  const list = [...units].map(([TableName, sum]) => ({
    TableName,
    CapacityUnits: sum,
    [`${member}CapacityUnits`]: sum,
  }));
  return { ConsumedCapacity: list };
}

/** All or nothing, once per token. Throws TransactionCanceledException, ValidationException or a token mismatch. */
export async function transactWrite(store: Store, tokens: Tokens, body: Body): Promise<Body> {
  const token = body.ClientRequestToken;
  if (token != null && (typeof token !== 'string' || token.length < 1 || token.length > 36)) {
    throw validationError(
      `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: ` +
        'Member must have length less than or equal to 36',
    );
  }
  const request = structuredClone(body.TransactItems);
  const parts = parseParts(store, body, ['Put', 'Update', 'Delete', 'ConditionCheck']);
  return store.lock(async () => {
    const earlier = typeof token === 'string' ? tokens.earlier(token, request) : undefined;
    if (earlier) return earlier;
    await checkDistinct(store, parts);
    const unit = store.unit();
    const results = await runParts(parts, unit, (part) => runWrite(part, unit));
    const bytes = unit.changes().reduce((sum, { after }) => sum + (after ? internals.itemSize(after) : 0), 0);
    if (bytes > maxBytes) {
      throw validationError(`Transaction payload size cannot exceed 4MB. Payload Size: ${bytes}`);
    }
    const response = consumed(body, parts, results, 'Write');
    const memory = typeof token === 'string' ? tokens.remember(token, request, response) : undefined;
    await unit.commit(memory?.operations);
    memory?.applied();
    return response;
  });
}

/** Reads all items at one moment, in the order asked for. */
export async function transactGet(store: Store, body: Body): Promise<Body> {
  const parts = parseParts(store, body, ['Get']);
  return store.lock(async () => {
    await checkDistinct(store, parts);
    const view = store.reader();
    const results = await runParts(parts, undefined, (part) =>
      runAction('GetItem', { ...part.data, ConsistentRead: true }, view),
    );
    return {
      Responses: results.map(({ Item }) => (Item ? { Item } : {})),
      ...consumed(body, parts, results, 'Read'),
    };
  });
}
