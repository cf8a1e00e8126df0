/** How refusals look in the document: one body, and for each status the codes that have it. */
import type { Contract } from '../../functions/http/contract.ts';
import type { EndpointRow } from '../../functions/routes.ts';
import type { Json } from './schemas.ts';

const reference = { $ref: '#/components/schemas/Error' };

/** The one error body (docs/contract.md, "One error body"). */
export function errorSchema(codes: string[]): Json {
  const text = { type: 'string' };
  return {
    type: 'object',
    properties: {
      status: { const: 'error' },
      code: { enum: codes, description: 'For programs; never reworded.' },
      message: { ...text, description: 'For people; safe to show.' },
      requestId: { ...text, description: 'Quote it when you report a failure.' },
      details: { type: 'object', description: 'Facts of this refusal, by its code.' },
    },
    required: ['status', 'code', 'message', 'requestId'],
  };
}

/** A response for each status of the catalogue, naming its codes. */
export function refusals(catalogue: [code: string, status: number][]): Record<string, Json> {
  const statuses = [...new Set(catalogue.map(([, status]) => status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = catalogue.filter(([, other]) => other === status).map(([code]) => `\`${code}\``);
      return [`Refused${status}`, response(codes.join(', '))];
    }),
  );
}

/** The refusals an endpoint can meet by what it takes and uses; anything else is `default`. */
export function responsesOf(name: string, row: EndpointRow, contract: Contract): Json {
  const { params, query, json, form, raw } = contract;
  const takesFiles = form !== undefined || raw !== undefined || /presign|complete|upload/.test(name);
  // Organizations answer a file that will not do with 400 (docs/contract.md, "Refusals of organizations").
  const fileRefusals = name.startsWith('organizations/') ? [] : [409, 413, 415, 422];
  const statuses = [
    ...(params || query || json || form || raw ? [400] : []),
    ...(row.auth === 'public' ? [] : [401, 403]),
    ...(row.path.includes('{') ? [404] : []),
    ...(takesFiles && row.method === 'POST' ? fileRefusals : []),
    ...(row.uses.includes('r2') ? [503] : []),
  ];
  const known = statuses.map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]);
  return { ...Object.fromEntries(known), default: response('Any other refusal') };
}

function response(description: string): Json {
  return { description, content: { 'application/json': { schema: reference } } };
}
