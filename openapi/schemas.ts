/** JSON Schemas of the contracts' zod schemas, with those that many endpoints share under `components/schemas`. */
import * as z from 'zod/mini';
import { components as named } from './components.ts';
import { isJson, type Json } from './json.ts';

export interface Schemas {
  /** What is sent: a field that may be left out is not required, even where its absence is turned into a value. */
  ofRequest(schema: z.ZodMiniType): Json;
  ofAnswer(schema: z.ZodMiniType): Json;
  /** The shared ones met so far, by name. */
  components: Record<string, Json>;
}

/** Converts on demand; the named components become references. */
export function createSchemas(): Schemas {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const components: Record<string, Json> = {};

  function convert(schema: z.ZodMiniType, isRequest: boolean): Json {
    const {
      $schema: _,
      $defs = {},
      ...json
    } = z.toJSONSchema(schema, {
      metadata: registry,
      unrepresentable: 'any',
      io: isRequest ? 'input' : 'output',
      override: ({ zodSchema, jsonSchema }) =>
        relax(zodSchema as unknown as z.ZodMiniType, jsonSchema as Json, isRequest),
    }) as Json;
    for (const [name, { id: _, ...definition }] of Object.entries($defs as Record<string, Json>)) {
      components[name] = tidied(definition) as Json;
    }
    // A named schema comes as a reference to its own definition: that is among the others, and this is no second one.
    return tidied(json) as Json;
  }

  return {
    components,
    ofRequest: (schema) => convert(schema, true),
    ofAnswer: (schema) => convert(schema, false),
  };
}

/** Says what is checked and no more: unknown fields are refused by strict objects only, and answers may gain some. */
function relax(schema: z.ZodMiniType, json: Json, isRequest: boolean): void {
  if (!(schema instanceof z.ZodMiniObject)) return;
  const { shape, catchall } = schema.def;
  if (!(catchall instanceof z.ZodMiniNever)) delete json.additionalProperties;
  if (!isRequest) return;
  const required = Object.entries(shape).filter(([, field]) => !z.safeParse(field, undefined).success);
  if (required.length > 0) json.required = required.map(([name]) => name);
  else delete json.required;
}

/**
 * The same schema as people and generators read it best: references into the document, and nothing that only restates
 * the type, as a whole number's being safe in JavaScript or a date's whole grammar beside its format.
 */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied);
  if (!isJson(value)) return value;
  const entries = Object.entries(value).flatMap(([key, part]): [string, unknown][] => {
    if (key === '$ref' && typeof part === 'string') return [[key, part.replace('#/$defs/', '#/components/schemas/')]];
    return isNoise(key, part, value) ? [] : [[key, tidied(part)]];
  });
  return Object.fromEntries(entries);
}

function isNoise(key: string, part: unknown, { format }: Json): boolean {
  if (key === 'maximum') return part === Number.MAX_SAFE_INTEGER;
  if (key === 'minimum') return part === Number.MIN_SAFE_INTEGER;
  if (key === 'propertyNames') return true;
  return key === 'pattern' && (format === 'date' || format === 'date-time');
}
