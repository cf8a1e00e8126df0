import * as z from 'zod/mini';

/**
 * What is wrong with a value, in words for people that say what to send: zod's own tell of types ("expected number, received
 * NaN"), and zod/mini has none at all. A schema that says it itself is not asked here.
 */
z.config({ localeError: (issue) => wordsOf(issue as Issue) });

interface Issue {
  code: string;
  input?: unknown;
  expected?: string;
  origin?: string;
  minimum?: number | bigint;
  inclusive?: boolean;
  maximum?: number | bigint;
  values?: unknown[];
  keys?: string[];
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function wordsOf({
  code,
  input,
  expected = '',
  origin = '',
  minimum,
  maximum,
  inclusive,
  values = [],
  keys = [],
}: Issue): string {
  switch (code) {
    case 'invalid_type':
      return input === undefined ? 'is missing' : `must be ${kinds[expected] ?? expected}`;
    case 'too_small':
      return `must ${measured(origin, inclusive === false ? 'more than' : 'at least', Number(minimum))}`;
    case 'too_big':
      return `must ${measured(origin, inclusive === false ? 'less than' : 'at most', Number(maximum))}`;
    case 'invalid_value':
      return input === undefined && values.length > 1 ? `is missing: ${oneOf(values)}` : `must be ${oneOf(values)}`;
    case 'unrecognized_keys':
      return `holds what is not known here: ${keys.join(', ')}`;
    case 'invalid_union':
      return input === undefined ? 'is missing' : 'is none of what it may be';
    default:
      return 'is not what it may be';
  }
}

function measured(origin: string, limit: string, count: number): string {
  if (origin === 'string') return `have ${limit} ${count} ${count === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `have ${limit} ${count} ${count === 1 ? 'item' : 'items'}`;
  return `be ${limit} ${count}`;
}

const oneOf = (values: unknown[]): string =>
  values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
