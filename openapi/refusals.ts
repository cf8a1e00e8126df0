/** How refusals look in the document: a schema for each code, and for each status a response that names its codes. */
import type { Contract } from '../functions/contracts/contract.ts';
import { organizationWording, statusOf, type Wording } from '../functions/contracts/refusals.ts';
import type { ErrorCode } from '../functions/core/files/errors.ts';
import type { EndpointRow } from '../functions/routes.ts';
import { refusalsByCode } from './details.ts';
import { refusalHeaders } from './headers.ts';
import { type Json, refTo } from './json.ts';

const codes = Object.keys(statusOf) as ErrorCode[];

/** `file_too_large` is `FileTooLargeRefusal`: no name that a page has already. */
export const nameOf = (code: ErrorCode): string =>
  `${code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Refusal`;

/** Every code's body, the union of them all, and what the gateway says in its own words. */
export function refusalSchemas(): Record<string, Json> {
  return {
    ...Object.fromEntries(codes.map((code) => [nameOf(code), bodyOf(code)])),
    ErrorBody: { description: 'Every refusal has this body; `code` tells them apart.', ...unionOf(codes) },
    GatewayRefusal: {
      type: 'object',
      description: 'What never reached Stowage, or never came back: the words of the gateway.',
      properties: { message: { type: 'string', description: 'For people; not translated and not stable.' } },
      required: ['message'],
    },
  };
}

/** The one error body (docs/contract.md, "One error body") with the details of one code. */
function bodyOf(code: ErrorCode): Json {
  const { when, details, always } = refusalsByCode[code];
  return {
    type: 'object',
    description: when,
    properties: {
      status: { type: 'string', const: 'error', description: 'Always `error`.' },
      code: { type: 'string', const: code, description: 'For programs; never reworded.' },
      message: { type: 'string', description: 'For people: what to do. Safe to show.' },
      requestId: { type: 'string', description: 'Quote it when you report a failure.' },
      ...(details && {
        details: {
          type: 'object',
          description: 'Facts of this refusal.',
          properties: details,
          ...(always !== undefined && always.length > 0 && { required: always }),
        },
      }),
    },
    required: ['status', 'code', 'message', 'requestId', ...(always === undefined ? [] : ['details'])],
  };
}

const unionOf = (all: readonly ErrorCode[]): Json => {
  const refs = all.map((code) => refTo('schemas', nameOf(code)));
  const [only] = refs;
  if (refs.length === 1 && only) return only;
  const mapping = Object.fromEntries(all.map((code) => [code, `#/components/schemas/${nameOf(code)}`]));
  return { oneOf: refs, discriminator: { propertyName: 'code', mapping } };
};

const exampleOf = (code: ErrorCode, wording: Wording): Json => {
  const { message, example } = refusalsByCode[code];
  const told = wording[code]?.message ?? message;
  return { status: 'error', code, message: told, requestId: 'JKJaXmPLvHcESHA=', ...(example && { details: example }) };
};

const told = (code: ErrorCode, wording: Wording): number => wording[code]?.status ?? statusOf[code];

const codesOf = (status: number, wording: Wording) => codes.filter((code) => told(code, wording) === status);

/** Statuses that the gateway answers by itself, too: a body above its limit, a function that failed or did not come back. */
const ofGateway = [413, 500, 503];

/** A response for each status and, where a surface tells other codes by it, one of that surface. */
export function refusalResponses(): Record<string, Json> {
  const statuses = [...new Set(Object.values(statusOf))].sort();
  const responses = statuses.flatMap((status): [string, Json][] => [
    [`Refused${status}`, response(codesOf(status, {}), {}, ofGateway.includes(status))],
    ...(status === 400
      ? [
          [`RefusedInOrganizations${status}`, response(codesOf(status, organizationWording), organizationWording)] as [
            string,
            Json,
          ],
        ]
      : []),
  ]);
  return { ...Object.fromEntries(responses), Refused: anyOther };
}

function response(all: ErrorCode[], wording: Wording, orGateway = false): Json {
  const own = unionOf(all);
  const schema = orGateway ? { anyOf: [own, refTo('schemas', 'GatewayRefusal')] } : own;
  const examples = Object.fromEntries(all.map((code) => [code, { value: exampleOf(code, wording) }]));
  const description = all.map((code) => `\`${code}\``).join(', ');
  return { description, headers: refusalHeaders, content: { 'application/json': { schema, examples } } };
}

const anyOther: Json = {
  description: 'Any other refusal; among them those of the gateway, which has a body of its own.',
  headers: refusalHeaders,
  content: {
    'application/json': { schema: { anyOf: [refTo('schemas', 'ErrorBody'), refTo('schemas', 'GatewayRefusal')] } },
  },
};

/** The refusals an endpoint can meet: what its parts, its proof and its row imply, and what its contract adds. */
export function responsesOf(row: EndpointRow, contract: Contract): Json {
  const { params, query, json, form, raw, refuses = [], wording = {}, idempotent } = contract;
  const takesFile = form !== undefined || raw !== undefined;
  const implied: ErrorCode[] = [
    ...(takesFile ? (['file_too_large', 'invalid_file_type'] as const) : []),
    ...refuses,
    ...(idempotent ? (['idempotency_key_reused', 'request_in_progress'] as const) : []),
  ];
  const statuses = [
    ...(params || query || json || form || raw ? [400] : []),
    ...(row.auth === 'public' ? [] : [401, 403]),
    ...(params ? [404] : []),
    ...implied.map((code) => told(code, wording)),
    500,
    503,
  ];
  const known = [...new Set(statuses)]
    .sort()
    .map((status) => [status, refTo('responses', responseName(status, wording))]);
  return { ...Object.fromEntries(known), default: refTo('responses', 'Refused') };
}

function responseName(status: number, wording: Wording): string {
  const differs = status === 400 && wording === organizationWording;
  return differs ? `RefusedInOrganizations${status}` : `Refused${status}`;
}
