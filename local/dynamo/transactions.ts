/**
 * TransactWriteItems and TransactGetItems. Every part runs as dynalite's own action against one unit of work, which is
 * committed when all of them succeeded. The store's lock is held throughout. With holds (see holds.ts) a transaction is at
 * its items for a while before, and one that meets another there is cancelled with TransactionConflict, as is one that a
 * partition has no room for with ThrottlingError.
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
  wireError,
} from './errors.ts';
import { type Change, checkIndexKeys } from './indexes.ts';
import { conflictMessage, itemId, throttlingMessage } from './item-id.ts';
import type { Load } from './load.ts';
import type { Service } from './operations.ts';
import type { Store } from './store.ts';
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

/**
 * The items of the parts, in order; undefined for a malformed key, which is left for its part to report. Throws when two
 * parts name one item, or a table does not exist.
 */
async function distinctItems(store: Store, parts: Part[]): Promise<(string | undefined)[]> {
  const items = await Promise.all(parts.map((part) => itemId(store, part.tableName, keyOf(part))));
  const known = items.filter((item) => item !== undefined);
  if (new Set(known).size < known.length) {
    throw validationError('Transaction request cannot include multiple operations on one item');
  }
  return items;
}

/** Throws the cancellation of a transaction that meets another one at an item. */
function refuseConflicts(items: (string | undefined)[], { holds }: Load): void {
  const reasons = items.map((item) =>
    item !== undefined && holds.isHeld(item)
      ? { Code: 'TransactionConflict', Message: conflictMessage }
      : { Code: 'None' },
  );
  if (reasons.some(({ Code }) => Code !== 'None')) throw transactionCanceled(reasons);
}

/** Throws the cancellation of a transaction for which a partition has no room; a part costs twice what a write costs. */
function refuseThrottled(changes: Change[], { partitions }: Load): void {
  const reasons = changes.map((change) =>
    partitions.take(change, 2) ? { Code: 'None' } : { Code: 'ThrottlingError', Message: throttlingMessage },
  );
  if (reasons.some(({ Code }) => Code !== 'None')) throw transactionCanceled(reasons);
}

function runWrite(part: Part, unit: UnitOfWork): Promise<Body> {
  if (part.kind !== 'ConditionCheck') return unit.run(partKinds[part.kind].operation, part.data);
  return unit.check(part.tableName, keyOf(part), part.data);
}

/**
 * A transactional read or write costs twice, what it changes in indexes once, since they follow after the commit; summed
 * by table, and only when it was asked for.
 */
function consumed(body: Body, parts: Part[], results: Body[], member: 'Read' | 'Write'): Body {
  if (body.ReturnConsumedCapacity !== 'TOTAL' && body.ReturnConsumedCapacity !== 'INDEXES') return {};
  const units = new Map<string, number>();
  parts.forEach((part, position) => {
    const capacity = results[position]?.ConsumedCapacity as Capacity | undefined;
    const table = capacity?.Table?.CapacityUnits ?? capacity?.CapacityUnits ?? 0;
    units.set(part.tableName, (units.get(part.tableName) ?? 0) + table + (capacity?.CapacityUnits ?? 0));
  });
  const list = [...units].map(([TableName, sum]) => ({
    TableName,
    CapacityUnits: sum,
    [`${member}CapacityUnits`]: sum,
  }));
  return { ConsumedCapacity: list };
}

interface Capacity {
  CapacityUnits: number;
  Table?: { CapacityUnits: number };
}

/** All or nothing, once per token. Throws TransactionCanceledException, ValidationException or a token mismatch. */
export async function transactWrite({ store, tokens, load }: Service, body: Body): Promise<Body> {
  const token = body.ClientRequestToken;
  if (token != null && (typeof token !== 'string' || token.length < 1 || token.length > 36)) {
    throw validationError(
      `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: ` +
        'Member must have length less than or equal to 36',
    );
  }
  const request = structuredClone(body.TransactItems);
  const parts = parseParts(store, body, ['Put', 'Update', 'Delete', 'ConditionCheck']);
  const earlier = () => (typeof token === 'string' ? tokens.earlier(token, request) : undefined);
  const before = earlier();
  if (before) return before;
  const items = await distinctItems(store, parts);
  const itself = `token ${token}`;
  if (load.holds.isHeldByUs(itself)) {
    throw wireError('TransactionInProgressException', 'Transaction is already in progress for the given token');
  }
  refuseConflicts(items, load);
  return await load.holds.during([itself, ...items.filter((item) => item !== undefined)], () =>
    store.lock(async () => {
      const meanwhile = earlier();
      if (meanwhile) return meanwhile;
      const unit = store.unit();
      const results = await runParts(parts, unit, (part) => runWrite(part, unit));
      const bytes = unit.changes().reduce((sum, { after }) => sum + (after ? internals.itemSize(after) : 0), 0);
      if (bytes > maxBytes) {
        throw validationError(`Transaction payload size cannot exceed 4MB. Payload Size: ${bytes}`);
      }
      refuseThrottled(unit.changes(), load);
      const response = consumed(body, parts, results, 'Write');
      const memory = typeof token === 'string' ? tokens.remember(token, request, response) : undefined;
      await unit.commit(memory?.operations);
      memory?.applied();
      return response;
    }),
  );
}

/** Reads all items at one moment, in the order asked for. */
export async function transactGet({ store, load }: Service, body: Body): Promise<Body> {
  const parts = parseParts(store, body, ['Get']);
  const items = await distinctItems(store, parts);
  return store.lock(async () => {
    refuseConflicts(items, load);
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
