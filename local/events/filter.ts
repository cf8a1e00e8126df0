/**
 * Event filter patterns of event source mappings: a leaf is a list of alternatives, nested objects must all match,
 * and a field that is itself a list matches when one of its items does. An operator this file does not know stops the
 * boot, since passing everything or nothing would be a silent difference.
 */

type Pattern = Record<string, unknown>;
type Operator = (value: unknown, argument: unknown) => boolean;

const operators: Record<string, Operator> = {
  prefix: (value, argument) => typeof value === 'string' && typeof argument === 'string' && value.startsWith(argument),
  suffix: (value, argument) => typeof value === 'string' && typeof argument === 'string' && value.endsWith(argument),
  'equals-ignore-case': (value, argument) =>
    typeof value === 'string' && typeof argument === 'string' && value.toLowerCase() === argument.toLowerCase(),
  'anything-but': (value, argument) => {
    if (value === undefined) return false;
    if (isRecord(argument)) return !matchesOperator(value, argument);
    return !(Array.isArray(argument) ? argument : [argument]).includes(value);
  },
  numeric: (value, argument) => typeof value === 'number' && Array.isArray(argument) && inRange(value, argument),
};

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
};

/** Throws an error naming the first operator or shape this cloud cannot evaluate. */
export function checkPattern(pattern: Pattern, where: string): void {
  for (const [key, value] of Object.entries(pattern)) {
    if (key === '$or' && Array.isArray(value)) {
      for (const alternative of value) checkPattern(alternative as Pattern, where);
    } else if (Array.isArray(value)) {
      for (const leaf of value.filter(isRecord)) checkLeaf(leaf, `${where}: ${key}`);
    } else if (isRecord(value)) checkPattern(value, where);
    else throw new Error(`${where}: ${key} must be a list of alternatives or an object`);
  }
}

function checkLeaf(leaf: Pattern, where: string): void {
  const [operator = '', ...more] = Object.keys(leaf);
  if (more.length > 0 || !(operator === 'exists' || operator in operators)) {
    throw new Error(`${where}: operator ${[operator, ...more].join(', ')} is not supported locally`);
  }
}

/** Whether a record passes: no filters, or one that matches. */
export function matchesAny(patterns: Pattern[], record: unknown): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, record));
}

/** Whether one pattern matches a JSON value. */
export function matchesPattern(pattern: Pattern, record: unknown): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    if (key === '$or' && Array.isArray(expected)) return matchesAny(expected as Pattern[], record);
    const value = isRecord(record) ? record[key] : undefined;
    if (Array.isArray(expected)) return expected.some((alternative) => matchesAlternative(value, alternative));
    return matchesPattern(expected as Pattern, value);
  });
}

function matchesAlternative(value: unknown, alternative: unknown): boolean {
  if (isRecord(alternative) && 'exists' in alternative) {
    // Only leaves count as existing: an object is not a value.
    const exists = value !== undefined && !isRecord(value);
    return exists === alternative.exists;
  }
  const values = Array.isArray(value) ? value : [value];
  return values.some((item) => (isRecord(alternative) ? matchesOperator(item, alternative) : item === alternative));
}

function matchesOperator(value: unknown, leaf: Pattern): boolean {
  const [[name, argument] = ['', undefined]] = Object.entries(leaf);
  return operators[name]?.(value, argument) ?? false;
}

function inRange(value: number, terms: unknown[]): boolean {
  for (let index = 0; index < terms.length; index += 2) {
    const compare = comparisons[String(terms[index])];
    if (!compare?.(value, Number(terms[index + 1]))) return false;
  }
  return true;
}

function isRecord(value: unknown): value is Pattern {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
