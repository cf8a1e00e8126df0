/**
 * The API's OpenAPI 3.1 document, derived from the route table and the endpoint files' contracts: nothing of the API is
 * written down here a second time. `test/openapi.golden.json` is its reviewed copy.
 */
import type { Contract } from '../functions/contracts/contract.ts';
import { statusOf } from '../functions/contracts/refusals.ts';
import { type EndpointName, type EndpointRow, endpoints, fallback } from '../functions/routes.ts';
import manifest from '../package.json' with { type: 'json' };
import { errorSchema, refusals, responsesOf } from './refusals.ts';
import { createSchemas, type Json, type Schemas } from './schemas.ts';
import { securityOf, securitySchemes } from './security.ts';

const withSlash: ReadonlySet<string> = new Set(fallback.withSlash);

const description = `Bytes lie in object storage; the API hands out short-lived signed links to them.

Files up to about 4 MiB may be sent as a form. Larger ones go straight to the bucket: *presign*, then \`PUT\` the bytes to
\`uploadUrl\` with exactly the \`headers\` of the answer, then *complete*.

Every refusal has the same body: \`code\` for programs, \`message\` for people, \`requestId\` for questions.`;

/** Builds the document. Rejects when an endpoint file has no contract. */
export async function openApiDocument({ serverUrl }: { serverUrl: string }): Promise<Json> {
  const schemas = createSchemas();
  const tags = new Set<string>();
  const paths: Record<string, Json> = {};
  const rows = Object.entries(endpoints) as [EndpointName, EndpointRow][];
  for (const [name, row] of rows) {
    const { contract } = (await import(new URL(`../functions/${name}.ts`, import.meta.url).href)) as {
      contract?: Contract;
    };
    if (!contract) throw new Error(`functions/${name}.ts exports no contract`);
    tags.add(contract.tag);
    paths[row.path] = { ...paths[row.path], [row.method.toLowerCase()]: operation(name, row, contract, schemas) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Stowage',
      version: manifest.version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes,
      responses: refusals(Object.entries(statusOf)),
      schemas: { ...sorted(schemas.components), Error: errorSchema(Object.keys(statusOf)) },
    },
  };
}

function operation(name: EndpointName, row: EndpointRow, contract: Contract, schemas: Schemas): Json {
  const { success, answer } = contract;
  const body = requestBody(contract, schemas);
  const parameters = parametersOf(contract, schemas);
  const content = answer && { content: media(schemas.ofAnswer(answer), contract.examples?.answer) };
  return {
    operationId: name.replace(/[^a-z]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [contract.tag],
    summary: row.summary,
    description: withSlash.has(name) ? `${contract.description} Also at \`${row.path}/\`.` : contract.description,
    security: securityOf(row.auth),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { [success]: { description: described[success], ...content }, ...responsesOf(row, contract) },
  };
}

const described = { 200: 'Done', 201: 'Created', 202: 'Accepted', 204: 'Done; no body' } as const;

function parametersOf({ params, query, idempotent }: Contract, schemas: Schemas): Json[] {
  const inPath = params ? propertiesOf(schemas.ofRequest(params)) : [];
  const idempotencyKey = {
    name: 'idempotency-key',
    in: 'header',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description: 'The same key and content again give the first answer again, for a day.',
  };
  return [
    ...inPath.map(({ name, schema }) => ({ name, in: 'path', required: true, schema })),
    ...(query ? propertiesOf(schemas.ofRequest(query)).map((property) => ({ ...property, in: 'query' })) : []),
    ...(idempotent ? [idempotencyKey] : []),
  ];
}

function propertiesOf(json: Json): { name: string; required: boolean; schema: Json }[] {
  const required = (json.required ?? []) as string[];
  const properties = Object.entries((json.properties ?? {}) as Record<string, Json>);
  return properties.map(([name, schema]) => ({ name, required: required.includes(name), schema }));
}

const media = (schema: Json, example: unknown): Json => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});

function requestBody({ json, form, raw, examples }: Contract, schemas: Schemas): Json | undefined {
  if (json) return { required: true, content: media(schemas.ofRequest(json), examples?.json) };
  if (raw) return { required: true, content: { [raw]: { schema: { type: 'string', contentMediaType: raw } } } };
  if (!form) return undefined;
  const fields = schemas.ofRequest(form);
  const file = { type: 'string', contentMediaType: 'application/octet-stream', description: 'One file' };
  const required = ['file', ...((fields.required ?? []) as string[])];
  const schema = { ...fields, required, properties: { file, ...(fields.properties as Json) } };
  return { required: true, content: { 'multipart/form-data': { schema } } };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}
