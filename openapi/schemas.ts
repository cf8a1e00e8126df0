/** JSON Schemas of the contracts' zod schemas, with those that many endpoints share under `components/schemas`. */
import * as z from 'zod/mini';
import { components as named } from '../functions/contracts/components.ts';

export type Json = Record<string, unknown>;

export interface Schemas {
  /** What is sent: a field that may be left out is not required, even where its absence is turned into a value. */
  ofRequest(schema: z.ZodMiniType): Json;
  ofAnswer(schema: z.ZodMiniType): Json;
  /** The shared ones met so far, by name. */
  components: Record<string, Json>;
}

/** Converts on demand; the contracts' named components become references. */
export function createSchemas(): Schemas {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const components: Record<string, Json> = {};

  function convert(schema: z.ZodMiniType, isRequest: boolean): Json {
    const {
      $schema: _,
      $defs,
      id: __,
      ...json
    } = z.toJSONSchema(schema, {
      metadata: registry,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) =>
        relax(zodSchema as unknown as z.ZodMiniType, jsonSchema as Json, isRequest),
    }) as Json;
    for (const [name, { id, ...definition }] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
      components[name] = shared(definition) as Json;
    }
    const own = registry.get(schema)?.id;
    if (own === undefined) return shared(json) as Json;
    components[own] = shared(json) as Json;
    return { $ref: `#/components/schemas/${own}` };
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

function shared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shared);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => {
    const isReference = key === '$ref' && typeof part === 'string';
    return [key, isReference ? part.replace('#/$defs/', '#/components/schemas/') : shared(part)];
  });
  return Object.fromEntries(entries);
}
