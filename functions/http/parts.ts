import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import '#contracts/locale.ts';
import { AppError } from '#core/files/errors.ts';
import type { GatewayRequest } from './gateway.ts';
import { jsonBody } from './json-body.ts';

/** The parts of a request that a contract names, checked; undefined where it names none. */
export interface Parts {
  params: unknown;
  query: unknown;
  json: unknown;
}

/**
 * Middleware: checks path, query and JSON body against the contract and leaves them as `event.parts`. What the contract
 * does not name is not looked at. Throws `validation_failed`.
 */
export function parts({ params, query, json }: Pick<Contract, 'params' | 'query' | 'json'>) {
  return {
    before: ({ event }: GatewayRequest) => {
      event.parts = {
        params: params && parsePart('params', params, event.pathParameters ?? {}),
        query: query && parsePart('query', query, event.queryStringParameters ?? {}),
        json: json && parsePart('body', json, jsonBody(event)),
      };
    },
  };
}

/** Checks `value`; throws `validation_failed` whose issues name the part (`body`, `query`, `params`) and the field. */
export function parsePart<S extends z.ZodMiniType>(part: string, schema: S, value: unknown): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    path: [part, ...issue.path].join('.'),
    // A name that a record does not take says why in an issue of its own.
    message: issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message,
  }));
  const first = issues[0];
  throw new AppError('validation_failed', `Check ${first?.path}: ${first?.message}`, { details: { issues } });
}
