/** The parts of a transactional request: their shape is checked before anything runs. */
import { type Body, type DynaliteOperation, type Item, parseRequest } from './dynalite.ts';
import { validationError } from './errors.ts';
import type { Store } from './store.ts';

/** Most parts of one transaction, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const maxParts = 100;

export type PartKind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck' | 'Get';

/** The IAM action each part needs, and the dynalite operation that checks (and, but for a mere check, runs) it. */
export const partKinds: Record<PartKind, { action: string; operation: DynaliteOperation }> = {
  Put: { action: 'PutItem', operation: 'PutItem' },
  Update: { action: 'UpdateItem', operation: 'UpdateItem' },
  Delete: { action: 'DeleteItem', operation: 'DeleteItem' },
  ConditionCheck: { action: 'ConditionCheckItem', operation: 'DeleteItem' },
  Get: { action: 'GetItem', operation: 'GetItem' },
};

export interface Part {
  kind: PartKind;
  tableName: string;
  /** Parsed by dynalite: `_condition`, `_updates`, `_projection`. */
  data: Body;
  returnsOld: boolean;
}

/** The item or key a part names; its key attributes say which item it touches. */
export function keyOf(part: Part): Item {
  return (part.kind === 'Put' ? part.data.Item : part.data.Key) as Item;
}

/** Names kind and table of each part, as far as they can be read; for authorization, which comes before validation. */
export function sketchParts(body: Body): { action: string; tableName: string }[] {
  if (!Array.isArray(body.TransactItems)) return [];
  return body.TransactItems.flatMap((item: unknown) =>
    Object.entries(item ?? {}).flatMap(([kind, inner]) =>
      kind in partKinds
        ? [{ action: partKinds[kind as PartKind].action, tableName: String((inner as Body)?.TableName) }]
        : [],
    ),
  );
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function checkRequired(kind: PartKind, inner: Body): void {
  const required = { Update: 'UpdateExpression', ConditionCheck: 'ConditionExpression' }[kind as string];
  if (required !== undefined && typeof inner[required] !== 'string') {
    throw validationError(
      `1 validation error detected: Value null at 'transactItems.1.member.${lowerFirst(kind)}.${lowerFirst(required)}' ` +
        'failed to satisfy constraint: Member must not be null',
    );
  }
}

/** Parses all parts. Throws ValidationException for the whole request when one of them is malformed. */
export function parseParts(store: Store, body: Body, allowed: readonly PartKind[]): Part[] {
  const items = body.TransactItems;
  if (!Array.isArray(items) || items.length === 0) {
    throw validationError(
      "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 1',
    );
  }
  if (items.length > maxParts) {
    throw validationError(
      "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: " +
        `Member must have length less than or equal to ${maxParts}`,
    );
  }
  return items.map((item: unknown) => parsePart(store, item, allowed, body.ReturnConsumedCapacity));
}

function parsePart(store: Store, item: unknown, allowed: readonly PartKind[], consumed: unknown): Part {
  const given = Object.entries((item ?? {}) as Record<string, Body>).filter(([, inner]) => inner != null);
  const [entry] = given;
  if (given.length !== 1 || !entry || !allowed.includes(entry[0] as PartKind)) {
    throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  const kind = entry[0] as PartKind;
  const { ReturnValues: _none, ReturnValuesOnConditionCheckFailure: returnsOld, ...inner } = entry[1];
  checkRequired(kind, inner);
  checkReturnsOld(returnsOld);
  const request =
    consumed === undefined ? inner : { ...inner, ReturnConsumedCapacity: consumed === 'TOTAL' ? 'INDEXES' : consumed };
  const data = parseRequest(partKinds[kind].operation, request, store.raw);
  return { kind, tableName: String(data.TableName), data, returnsOld: returnsOld === 'ALL_OLD' };
}

/** Throws ValidationException unless the value is one of `ALL_OLD`, `NONE` or missing. */
export function checkReturnsOld(value: unknown): void {
  if (value == null || value === 'ALL_OLD' || value === 'NONE') return;
  throw validationError(
    `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy ` +
      'constraint: Member must satisfy enum value set: [ALL_OLD, NONE]',
  );
}
