/** How refusals look in the document: one body, and for each status the codes that have it. */
import type { Contract } from '../functions/contracts/contract.ts';
import { statusOf } from '../functions/contracts/refusals.ts';
import type { ErrorCode } from '../functions/core/files/errors.ts';
import type { EndpointRow } from '../functions/routes.ts';
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

/** The refusals an endpoint can meet: what its parts, its proof and its row imply, and what its contract adds. */
export function responsesOf(row: EndpointRow, contract: Contract): Json {
  const { params, query, json, form, raw, refuses = [], wording = {}, idempotent } = contract;
  const told = (code: ErrorCode): number => wording[code]?.status ?? statusOf[code];
  const statuses = [
    ...(params || query || json || form || raw ? [400] : []),
    ...(row.auth === 'public' ? [] : [401, 403]),
    ...(params ? [404] : []),
    ...refuses.map(told),
    ...(idempotent ? [told('idempotency_key_reused'), told('request_in_progress')] : []),
    ...(row.uses.includes('r2') ? [503] : []),
  ];
  const known = [...new Set(statuses)].map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]);
  return { ...Object.fromEntries(known), default: response('Any other refusal') };
}

function response(description: string): Json {
  return { description, content: { 'application/json': { schema: reference } } };
}
