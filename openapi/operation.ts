/** One endpoint as an operation of the document. */
import * as z from 'zod/mini';
import type { Contract } from '../functions/contracts/contract.ts';
import { type EndpointName, type EndpointRow, fallback } from '../functions/routes.ts';
import { type Describer, refine, type Section } from './describe.ts';
import { examples } from './examples/index.ts';
import { successHeaders } from './headers.ts';
import type { Json } from './json.ts';
import { responsesOf } from './refusals.ts';
import type { Schemas } from './schemas.ts';
import { securityOf } from './security.ts';

const withSlash: ReadonlySet<string> = new Set(fallback.withSlash);

export interface Making {
  schemas: Schemas;
  describer: Describer;
}

/** `extensions/session-files-get` is `extensionsSessionFilesGet`: what client generators call the function. */
export const operationIdOf = (name: EndpointName): string =>
  name.replace(/[^a-z]+(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The operation of an endpoint. What it takes and answers is its contract's, the words and examples are ours. */
export function operation(name: EndpointName, row: EndpointRow, contract: Contract, making: Making): Json {
  const body = requestBody(name, contract, making);
  const parameters = parametersOf(name, contract, making);
  return {
    operationId: operationIdOf(name),
    tags: [contract.tag],
    summary: row.summary,
    description: withSlash.has(name) ? `${contract.description} Also at \`${row.path}/\`.` : contract.description,
    security: securityOf(row.auth),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { [contract.success]: success(name, contract, making), ...responsesOf(row, contract) },
  };
}

const described = { 200: 'Done', 201: 'Created', 202: 'Accepted', 204: 'Done; no body' } as const;

function success(
  name: EndpointName,
  { success, answer, cacheSeconds }: Contract,
  { schemas, describer }: Making,
): Json {
  const response = { description: described[success], headers: successHeaders(cacheSeconds !== undefined) };
  if (answer === undefined) return response;
  const schema = schemas.ofAnswer(answer);
  describer.fields(name, schema, 'answer');
  return { ...response, content: { 'application/json': { schema, example: examples[name]?.answer } } };
}

const idempotencyKey = {
  name: 'idempotency-key',
  in: 'header',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  description:
    'Of your making, 1 to 255 printable characters. The same key and content again give the first answer again, for a day.',
  example: '0b6f3a52-6c1e-4b37-9a0e-1f6a1c7c2f11',
};

function parametersOf(name: EndpointName, { params, query, idempotent }: Contract, making: Making): Json[] {
  return [
    ...(params ? parametersIn('path', name, params, making) : []),
    ...(query ? parametersIn('query', name, query, making) : []),
    ...(idempotent ? [idempotencyKey] : []),
  ];
}

/** A parameter is described beside its schema, and so is its example. */
function parametersIn(section: Section, name: EndpointName, schema: z.ZodMiniType, making: Making): Json[] {
  const { properties = {}, required = [] } = making.schemas.ofRequest(schema);
  return Object.entries(properties as Record<string, Json>).map(([parameter, field]) => {
    const {
      description,
      examples: [example] = [],
      ...more
    } = making.describer.text(name, `${section}.${parameter}`) as {
      description?: string;
      examples?: unknown[];
    };
    refine(field, more);
    return {
      name: parameter,
      in: section,
      required: section === 'path' || (required as string[]).includes(parameter),
      ...(description !== undefined && { description }),
      schema: field,
      ...(example !== undefined && { example }),
    };
  });
}

function requestBody(
  name: EndpointName,
  { json, form, raw }: Contract,
  { schemas, describer }: Making,
): Json | undefined {
  const { request: example } = examples[name] ?? {};
  if (json) {
    const schema = schemas.ofRequest(json);
    describer.fields(name, schema, 'json');
    return {
      required: !(json instanceof z.ZodMiniOptional),
      content: { 'application/json': { schema, example } },
    };
  }
  if (raw) return { required: true, content: { [raw]: { schema: bytesOf(raw), example } } };
  if (!form) return undefined;
  const { properties, required = [], ...fields } = schemas.ofRequest(form);
  const schema = {
    ...fields,
    required: ['file', ...(required as string[])],
    properties: { file: bytesOf('application/octet-stream'), ...(properties as Json) },
  };
  describer.fields(name, schema, 'form');
  return { required: true, content: { 'multipart/form-data': { schema, example } } };
}

/** `format` is what generators make a file of, `contentMediaType` what OpenAPI 3.1 has in its place. */
const bytesOf = (contentMediaType: string): Json => ({ type: 'string', format: 'binary', contentMediaType });
