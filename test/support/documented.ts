/**
 * Answers of a running Stowage against its published document: whatever a suite asks for over HTTP, the answer is one that the
 * document tells of, or the test fails that asked. Stricter than the document in one thing: an answer may gain fields, but
 * not without a word, so that a field it does not know is a complaint.
 */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export interface Told {
  status: number;
  headers: Headers;
  /** Parsed when the body is JSON. */
  body: unknown;
}

type Json = Record<string, unknown>;
type Response = { $ref?: string; headers?: Record<string, Json>; content?: Record<string, unknown> };
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; schema: Json }[];
  requestBody?: { required: boolean; content: Record<string, unknown> };
  responses: Record<string, Response>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Required<Pick<Operation, 'parameters' | 'requestBody'>> }>;
  components: { responses: Record<string, Response>; headers: Record<string, { schema: Json }> };
}

const published = JSON.parse(readFileSync(new URL('../../client/openapi.json', import.meta.url), 'utf8')) as Document;
const document = closed(published) as Document;

/** Refuses fields that an object does not name; what lists none, and what says so itself, stays open. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  const isObject = copy.type === 'object' && typeof copy.properties === 'object';
  return isObject && copy.additionalProperties === undefined ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv2020({ strict: false, allErrors: false, schemas: { api: document, published } });
formats.default(ajv);

const compiled = new Map<string, ValidateFunction>();

function validatorOf(pointer: string, of = 'api'): ValidateFunction {
  const known = compiled.get(of + pointer) ?? ajv.compile({ $ref: `${of}#${pointer}` });
  compiled.set(of + pointer, known);
  return known;
}

const escaped = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
const pointerTo = (...keys: string[]) => keys.map((key) => `/${escaped(key)}`).join('');

/** Paths as API Gateway chooses them: a route that names a segment goes before one that takes any. */
const routes = Object.entries(document.paths)
  .map(([path, methods]) => ({ path, methods, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length);

/** The operation of a request; undefined for what no route has. */
export function operationOf(method: string, url: string) {
  const path = (url.split('?')[0] ?? '').replace(/^\/v1\/upload\/$/, '/v1/upload');
  const verb = method.toLowerCase();
  const route = routes.find(({ pattern, methods }) => pattern.test(path) && methods[verb] !== undefined);
  const operation = route?.methods[verb];
  return operation && route && { ...operation, path: route.path, verb };
}

/** What in an answer the document does not tell of, in words; undefined where all is as it says. */
export function complaintOf(method: string, url: string, told: Told): string | undefined {
  const operation = operationOf(method, url);
  if (operation === undefined) return undefined;
  const { path, verb, responses } = operation;
  const isOurs = typeof told.body === 'object' && told.body !== null && 'code' in told.body;
  const status = String(told.status) in responses ? String(told.status) : 'default';
  // The gateway has its own refusals; ours are promised one by one.
  if (status === 'default' && (isOurs || told.status < 400)) return `no answer with status ${told.status}`;
  const referred = responses[status]?.$ref?.replace('#/components/responses/', '');
  const response = referred === undefined ? responses[status] : document.components.responses[referred];
  if (response === undefined) return `no response ${referred}`;
  if (told.status < 400 || isOurs) {
    const wrong = Object.entries(response.headers ?? {}).flatMap(([name, header]) =>
      headerComplaint(name, header, told),
    );
    if (wrong.length > 0) return wrong.join('; ');
  }
  if (response.content === undefined) return told.body === '' ? undefined : 'a body where there is none';
  if (told.headers.get('content-type')?.split(';')[0] !== 'application/json') return 'a body that is no JSON';
  const holder =
    referred === undefined ? ['paths', path, verb, 'responses', status] : ['components', 'responses', referred];
  const validate = validatorOf(pointerTo(...holder, 'content', 'application/json', 'schema'));
  return validate(told.body) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
}

function headerComplaint(name: string, header: Json, { headers, status }: Told): string[] {
  const value = headers.get(name);
  const key = String(header.$ref).replace('#/components/headers/', '');
  const { type } = document.components.headers[key]?.schema ?? {};
  if (value === null) return name === 'retry-after' ? [] : [`no header ${name} with status ${status}`];
  const validate = validatorOf(pointerTo('components', 'headers', key, 'schema'));
  return validate(type === 'integer' ? Number(value) : value) ? [] : [`header ${name}: ${value}`];
}

export interface Sent {
  /** Parsed, when the body was JSON. */
  json: unknown;
}

/**
 * What in a request that succeeded the document does not allow, in words: it would keep a generated client from what the API
 * takes. A request may carry more than is documented, since what is unknown is ignored.
 */
export function refusedInVain(method: string, url: string, { json }: Sent): string | undefined {
  const operation = operationOf(method, url);
  if (operation === undefined) return undefined;
  const { path, verb, parameters = [], requestBody } = operation;
  if (requestBody?.required === false && json === undefined) return undefined;
  const body = pointerTo('paths', path, verb, 'requestBody', 'content', 'application/json', 'schema');
  const takesJson = requestBody !== undefined && 'application/json' in requestBody.content;
  if (takesJson && !validatorOf(body, 'published')(json)) return `the body ${JSON.stringify(json)}`;
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const segments = pathname.split('/');
  const inPath = new Map(path.split('/').map((segment, index) => [segment, decodeURIComponent(segments[index] ?? '')]));
  const wrong = parameters.find((parameter, index) => {
    const value = parameter.in === 'path' ? inPath.get(`{${parameter.name}}`) : searchParams.get(parameter.name);
    if (value === null || value === undefined || value === '') return false;
    const schema = pointerTo('paths', path, verb, 'parameters', String(index), 'schema');
    return !validatorOf(schema, 'published')(parameter.schema.type === 'integer' ? Number(value) : value);
  });
  return wrong && `the parameter ${wrong.name}`;
}

/** What in an event the document does not tell of, in words; with headers, what in the request that brought it. */
export function complaintOfEvent(event: { type: string }, headers?: Record<string, unknown>): string | undefined {
  const { type } = event;
  const webhook = document.webhooks[type];
  if (webhook === undefined) return `no webhook ${type}`;
  const at = ['webhooks', type, 'post'];
  const wrong = webhook.post.parameters.find(({ name }, index) => {
    const validate = validatorOf(pointerTo(...at, 'parameters', String(index), 'schema'));
    return headers !== undefined && !validate(headers[name]);
  });
  if (wrong !== undefined) return `header ${wrong.name}: ${headers?.[wrong.name]}`;
  const validate = validatorOf(pointerTo(...at, 'requestBody', 'content', 'application/json', 'schema'));
  return validate(event) ? undefined : ajv.errorsText(validate.errors, { dataVar: type });
}
