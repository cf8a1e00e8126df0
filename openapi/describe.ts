/**
 * Puts the words of `descriptions/` on the schemas that have none of their own: functions build their schemas at every
 * cold start, and carry no text for a reader.
 */
import { descriptions, shared } from './descriptions/index.ts';
import { isJson, type Json } from './json.ts';

/** What a field is for, and what its schema does not say: whole numbers, times, links, spellings that are taken. */
export type Text = string | ({ description: string } & Json);

/** Texts by the path of the field within its owner, nested ones with dots; items of a list have the path of the list. */
export type Texts = Record<string, Text>;

/** The part of an operation a field stands in. */
export type Section = 'path' | 'query' | 'form' | 'json' | 'answer';

export interface Describer {
  /** Describes every field of a schema in place. The owner is a component's name or an endpoint's, the path its section. */
  fields(owner: string, schema: Json, path?: string): void;
  /** What a field is told by, for a parameter, which is described beside its schema. */
  text(owner: string, path: string): Json;
  /** The owner as a whole; empty where nothing is said of it. */
  about(owner: string, path?: string): Json;
  /** Fields without a text, as `owner: path`. */
  missing: string[];
  /** Texts of fields that are gone, likewise. */
  unused(): string[];
}

/** Collects what is missing instead of throwing, so that a page with one undescribed field is still served. */
export function createDescriber(): Describer {
  const missing: string[] = [];
  const used = new Set<string>();

  function find(owner: string, path: string): Json | undefined {
    for (const [place, texts] of [
      [owner, descriptions[owner]],
      ['shared', shared],
    ] as const) {
      const text = texts?.[path];
      if (text === undefined) continue;
      used.add(`${place}: ${path}`);
      return typeof text === 'string' ? { description: text } : text;
    }
    return undefined;
  }

  function text(owner: string, path: string): Json {
    const found = find(owner, path);
    if (found === undefined) missing.push(`${owner}: ${path}`);
    return found ?? {};
  }

  function fields(owner: string, schema: Json, path = ''): void {
    const { properties, items, anyOf, oneOf, allOf, additionalProperties } = schema;
    for (const [name, field] of Object.entries((properties ?? {}) as Record<string, Json>)) {
      const at = path === '' ? name : `${path}.${name}`;
      fields(owner, field, at);
      refine(field, text(owner, at));
    }
    for (const part of [items, additionalProperties, ...[anyOf, oneOf, allOf].flatMap((list) => list ?? [])]) {
      if (isJson(part)) fields(owner, part, path);
    }
  }

  const all = { ...descriptions, shared };
  return {
    fields,
    text,
    about: (owner, path = '') => find(owner, path) ?? {},
    missing,
    unused: () =>
      Object.entries(all)
        .flatMap(([owner, texts]) => Object.keys(texts).map((path) => `${owner}: ${path}`))
        .filter((key) => !used.has(key)),
  };
}

/** What a text adds to a field's schema; a list's is of its items. Empty is taken where it is as if left out. */
export function refine(schema: Json, { description, mayBeEmpty, ...more }: Json): void {
  if (description !== undefined) schema.description = description;
  const target = schema.type === 'array' && isJson(schema.items) ? schema.items : schema;
  if (mayBeEmpty === true) target.pattern = `^$|${target.pattern}`;
  for (const [key, value] of Object.entries(more)) target[key] = key === 'type' ? typeOf(target, value) : value;
}

/** A field that may be null stays so. */
function typeOf({ type }: Json, wanted: unknown): unknown {
  return Array.isArray(type) && type.includes('null') ? [wanted, 'null'] : wanted;
}
