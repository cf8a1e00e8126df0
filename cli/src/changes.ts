import { Failure } from './failure.ts';

/** A megabyte is 1024 × 1024 bytes, here as in docs/contract.md. */
const unitBytes: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 };

/** Settings that are lists, which may be written with commas. */
const lists = new Set(['allowedMimePrefixes', 'allowedTypes']);

/**
 * Reads `name=value` arguments: `enabled=true`, `maxFileBytes=20MB`, `allowedTypes=image/*,text/csv`,
 * `imagePresets={"thumb":320}`. What the values may be is for the API to say. Throws `invalid_change` for what is no such pair, or names a setting twice.
 */
export function readChanges(pairs: string[]): Record<string, unknown> {
  const changes = new Map<string, unknown>();
  for (const pair of pairs) {
    const [, name, text] = /^(\w+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || text === undefined) {
      throw new Failure('invalid_change', `Write a change as name=value, not as ${JSON.stringify(pair)}.`, 2);
    }
    if (changes.has(name)) throw new Failure('invalid_change', `${name} is there twice.`, 2);
    changes.set(name, valueFor(name, text));
  }
  if (changes.size === 0) throw new Failure('invalid_change', 'Say what to change: name=value.', 2);
  return Object.fromEntries(changes);
}

function valueFor(name: string, text: string): unknown {
  if (/^[{[]/.test(text)) return json(name, text);
  return lists.has(name) ? text.split(',').filter((part) => part !== '') : scalar(text);
}

function json(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('invalid_change', `${name} begins like JSON and is none.`, 2);
  }
}

function scalar(text: string): boolean | number | string {
  if (text === 'true' || text === 'false') return text === 'true';
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([kmgt]b)?$/i.exec(text) ?? [];
  return amount === undefined ? text : Number(amount) * (unitBytes[unit.toLowerCase()] ?? 1);
}
