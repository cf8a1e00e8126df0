/**
 * The API's OpenAPI 3.1 document, derived from the route table and the endpoint files' contracts: nothing of the API is
 * written down here a second time. `test/openapi.golden.json` is its reviewed copy.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ErrorCode, statusOf } from '../../functions/core/files/errors.ts';
import type { Contract } from '../../functions/http/contract.ts';
import { type EndpointName, type EndpointRow, endpoints } from '../../functions/routes.ts';
import { errorSchema, refusals, responsesOf } from './refusals.ts';
import { createSchemas, type Json, type Schemas } from './schemas.ts';
import { securityOf, securitySchemes } from './security.ts';

const functionsFolder = path.join(import.meta.dirname, '../../functions');

const description = `Bytes lie in object storage; the API hands out short-lived signed links to them.

Files up to about 4 MiB may be sent as a form. Larger ones go straight to the bucket: *presign*, then \`PUT\` the bytes to
\`uploadUrl\` with exactly the \`headers\` of the answer, then *complete*.

Every refusal has the same body: \`code\` for programs, \`message\` for people, \`requestId\` for questions.`;

/** Builds the document. Rejects when an endpoint file has no contract. */
export async function openApiDocument({ serverUrl }: { serverUrl: string }): Promise<Json> {
  const schemas = await createSchemas();
  const paths: Record<string, Json> = {};
  const rows = Object.entries(endpoints) as [EndpointName, EndpointRow][];
  for (const [name, row] of rows) {
    const { contract } = (await import(pathToFileURL(fileOf(name)).href)) as { contract?: Contract };
    if (!contract) throw new Error(`functions/${name}.ts exports no contract`);
    paths[row.path] = { ...paths[row.path], [row.method.toLowerCase()]: operation(name, row, contract, schemas) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Stowage',
      version: version(),
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    tags: [...new Set(rows.map(([name]) => tagOf(name)))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes,
      responses: refusals(Object.entries(statusOf) as [ErrorCode, number][]),
      schemas: { ...sorted(schemas.components), Error: errorSchema(Object.keys(statusOf)) },
    },
  };
}

function operation(name: EndpointName, row: EndpointRow, contract: Contract, schemas: Schemas): Json {
  const { success, answer } = contract;
  const body = requestBody(contract, schemas);
  const parameters = parametersOf(row, contract, schemas);
  const content = answer && { content: { 'application/json': { schema: schemas.ofAnswer(answer) } } };
  return {
    operationId: name.replace(/[^a-z]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tagOf(name)],
    summary: row.summary,
    description: row.alsoAt ? `${commentOf(name)} Also at \`${row.alsoAt}\`.` : commentOf(name),
    security: securityOf(row.auth),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { [success]: { description: described[success], ...content }, ...responsesOf(name, row, contract) },
  };
}

const described = { 200: 'Done', 201: 'Created', 202: 'Accepted', 204: 'Done; no body' } as const;

function parametersOf(row: EndpointRow, { params, query, form }: Contract, schemas: Schemas): Json[] {
  const inPath = params && propertiesOf(schemas.ofRequest(params));
  const names = [...row.path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);
  const idempotencyKey = {
    name: 'idempotency-key',
    in: 'header',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    description: 'The same key and content again give the first answer again, for a day.',
  };
  return [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: inPath?.find((property) => property.name === name)?.schema ?? { type: 'string' },
    })),
    ...(query ? propertiesOf(schemas.ofRequest(query)).map((property) => ({ ...property, in: 'query' })) : []),
    ...(form || row.path.endsWith('/presign') ? [idempotencyKey] : []),
  ];
}

function propertiesOf(json: Json): { name: string; required: boolean; schema: Json }[] {
  const required = (json.required ?? []) as string[];
  const properties = Object.entries((json.properties ?? {}) as Record<string, Json>);
  return properties.map(([name, schema]) => ({ name, required: required.includes(name), schema }));
}

function requestBody({ json, form, raw }: Contract, schemas: Schemas): Json | undefined {
  if (json) return { required: true, content: { 'application/json': { schema: schemas.ofRequest(json) } } };
  if (raw) return { required: true, content: { [raw]: { schema: { type: 'string', contentMediaType: raw } } } };
  if (!form) return undefined;
  const fields = schemas.ofRequest(form);
  const file = { type: 'string', contentMediaType: 'application/octet-stream', description: 'One file' };
  const required = ['file', ...((fields.required ?? []) as string[])];
  const schema = { ...fields, required, properties: { file, ...(fields.properties as Json) } };
  return { required: true, content: { 'multipart/form-data': { schema } } };
}

function tagOf(name: EndpointName): string {
  const [room = '', file = ''] = name.split('/');
  if (room !== 'extensions') return room;
  return file.startsWith('setup-') ? 'extensions, setup' : 'extensions, session';
}

/** What the endpoint file says of itself: the comment over its handler, less its references to our own papers. */
function commentOf(name: EndpointName): string {
  const [before = ''] = readFileSync(fileOf(name), 'utf8').split('export const handler');
  const comment = before.slice(before.lastIndexOf('/**')).split('*/')[0] ?? '';
  return comment
    .replace(/^\/\*\*|^\s*\* ?/gm, ' ')
    .replace(/\s*\(docs\/[^)]*\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function fileOf(name: EndpointName): string {
  return path.join(functionsFolder, `${name}.ts`);
}

function version(): string {
  const manifest = JSON.parse(readFileSync(path.join(functionsFolder, '../package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}
