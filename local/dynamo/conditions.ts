/**
 * Conditions and filters, evaluated here on dynalite's syntax trees: its own evaluation finds two missing attributes equal,
 * never finds two maps or lists equal, and throws on some missing operands.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import { type AttributeValue, type Item, internals } from './dynalite.ts';

/** Attribute name, then map members and list positions. */
export type Path = (string | number)[];
interface Call {
  type: string;
  name?: string;
  args: Operand[];
}
/** A path, a literal, or a function of operands. */
export type Operand = Path | AttributeValue | Call;

/** A parsed condition or filter expression, as dynalite's validation leaves it in `_condition` and `_filter`. */
export interface ParsedCondition {
  expression: Call;
}

/** A tree that dynalite finds true for every item, left in place of one that is evaluated here. */
export const alwaysTrue: Call = { type: 'function', name: 'attribute_not_exists', args: [['']] };

const isCall = (operand: Operand): operand is Call => !Array.isArray(operand) && Array.isArray(operand.args);

function typeOf(value: AttributeValue): string {
  return Object.keys(value)[0] ?? '';
}

/** The value a path leads to in an item. */
export function atPath(path: Path, item: Item): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item };
  for (const step of path) {
    const container: unknown = typeof step === 'number' ? value.L : value.M;
    if (container === null || typeof container !== 'object' || !Object.hasOwn(container, step)) return undefined;
    value = (container as Record<string | number, AttributeValue>)[step];
    if (value === undefined) return undefined;
  }
  return value;
}

function sizeOf(value: AttributeValue): number | undefined {
  const type = typeOf(value);
  const inner = value[type];
  if (type === 'S') return String(inner).length;
  if (type === 'B') return Buffer.from(String(inner), 'base64').length;
  if (Array.isArray(inner)) return inner.length;
  return type === 'M' ? Object.keys(inner as object).length : undefined;
}

function resolve(operand: Operand, item: Item): AttributeValue | undefined {
  if (Array.isArray(operand)) return atPath(operand, item);
  if (!isCall(operand)) return operand;
  const [inner] = operand.args;
  const value = inner && resolve(inner, item);
  const size = value && sizeOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

/** Deep equality of two attribute values; sets are equal in any order. Numbers are kept in one notation. */
function equal(a: unknown, b: unknown, type = ''): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false;
    return type.endsWith('S') ? a.every((member) => b.includes(member)) : a.every((member, at) => equal(member, b[at]));
  }
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(a[name as never], b[name as never], name))
  );
}

/** Negative, zero or positive; undefined when the two have no order (missing, of two types, or not a scalar). */
function order(a: AttributeValue | undefined, b: AttributeValue | undefined): number | undefined {
  if (!a || !b) return undefined;
  const type = typeOf(a);
  if (type !== typeOf(b) || !['S', 'N', 'B'].includes(type)) return undefined;
  const [left, right] = [a, b].map((value) => String(value[type]));
  if (left === undefined || right === undefined) return undefined;
  if (type === 'N') {
    const [x, y] = [internals.toLexiStr(left, 'N'), internals.toLexiStr(right, 'N')];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const encoding = type === 'S' ? 'utf8' : 'base64';
  return Buffer.compare(Buffer.from(left, encoding), Buffer.from(right, encoding));
}

function contains(whole: AttributeValue, part: AttributeValue): boolean {
  const [type, partType] = [typeOf(whole), typeOf(part)];
  if (type === 'L') return (whole.L as AttributeValue[]).some((member) => equal(member, part));
  if (type === `${partType}S`) return (whole[type] as unknown[]).includes(part[partType]);
  if (type !== partType) return false;
  if (type === 'S') return String(whole.S).includes(String(part.S));
  return type === 'B' && Buffer.from(String(whole.B), 'base64').includes(Buffer.from(String(part.B), 'base64'));
}

function beginsWith(whole: AttributeValue, start: AttributeValue): boolean {
  const type = typeOf(whole);
  if (type !== typeOf(start) || (type !== 'S' && type !== 'B')) return false;
  if (type === 'S') return String(whole.S).startsWith(String(start.S));
  const prefix = Buffer.from(String(start.B), 'base64');
  return Buffer.from(String(whole.B), 'base64').subarray(0, prefix.length).equals(prefix);
}

function callFunction(name: string | undefined, values: (AttributeValue | undefined)[]): boolean {
  const [value, argument] = values;
  if (name === 'attribute_exists') return value !== undefined;
  if (name === 'attribute_not_exists') return value === undefined;
  if (!value || !argument) return false;
  if (name === 'attribute_type') return typeOf(value) === argument.S;
  if (name === 'begins_with') return beginsWith(value, argument);
  if (name === 'contains') return contains(value, argument);
  throw new Error(`unknown function ${name} in a condition`);
}

/** Whether an item (empty when there is none) meets a condition. */
export function meets(item: Item, { type, name, args }: Call): boolean {
  if (type === 'and') return args.every((arg) => meets(item, arg as Call));
  if (type === 'or') return args.some((arg) => meets(item, arg as Call));
  if (type === 'not') return !meets(item, args[0] as Call);
  const values = args.map((arg) => resolve(arg, item));
  const [first, second, third] = values;
  const isEqual = (other: AttributeValue | undefined) =>
    first !== undefined && other !== undefined && equal(first, other);
  const compared = (test: (sign: number) => boolean, sign = order(first, second)) => sign !== undefined && test(sign);
  switch (type) {
    case '=':
      return isEqual(second);
    case '<>':
      return !isEqual(second);
    case '<':
      return compared((sign) => sign < 0);
    case '<=':
      return compared((sign) => sign <= 0);
    case '>':
      return compared((sign) => sign > 0);
    case '>=':
      return compared((sign) => sign >= 0);
    case 'between':
      return compared((sign) => sign >= 0) && compared((sign) => sign <= 0, order(first, third));
    case 'in':
      return values.slice(1).some(isEqual);
    default:
      return callFunction(name, values);
  }
}
