import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { AppError } from '#core/files/errors.ts';
import type { Auth, EndpointRow } from '#functions/routes.ts';
import { type AuthDeps, authenticate, type CallerOf } from './auth.ts';
import { type Contract, maxJsonLength, type Parsed, parsePart } from './contract.ts';
import { describeError, log } from './log.ts';
import type { FormEvent } from './multipart-body.ts';
import { emptyResponse, errorResponse, type HttpResponse, jsonResponse } from './respond.ts';

/** What an endpoint's `run` gets: everything checked, nothing raw. */
export interface EndpointRequest<A extends Auth, C extends Contract> {
  caller: CallerOf<A>;
  params: Parsed<C['params']>;
  query: Parsed<C['query']>;
  json: Parsed<C['json']>;
  headers: Record<string, string | undefined>;
  /** The body as it came, for `readForm` and `readRaw`. */
  body: FormEvent;
}

export type Run<A extends Auth, C extends Contract> = (request: EndpointRequest<A, C>) => Promise<unknown>;

export interface EndpointOptions {
  /** Built at the first request, so that importing an endpoint reads no environment and opens no connection. */
  authDeps: () => AuthDeps;
}

/**
 * An endpoint as a Lambda handler: authenticate, check the parts against the contract, run, answer. Errors become the
 * one error body; one log line a request, without query string, body or token.
 */
export function endpoint<A extends Auth, C extends Contract>(
  row: EndpointRow & { auth: A },
  contract: C,
  run: Run<A, C>,
  options: EndpointOptions,
) {
  const handle = async (event: APIGatewayProxyEventV2): Promise<HttpResponse> => {
    const { headers } = event;
    const params = event.pathParameters ?? {};
    const caller = (await authenticate(row.auth, { headers, params }, options.authDeps())) as CallerOf<A>;
    const part = (name: 'params' | 'query' | 'json', value: () => unknown): unknown => {
      const schema = contract[name];
      return schema === undefined ? undefined : parsePart(name === 'json' ? 'body' : name, schema, value());
    };
    const request = {
      caller,
      params: part('params', () => params),
      query: part('query', () => event.queryStringParameters ?? {}),
      json: part('json', () => jsonBody(event)),
      headers,
      body: event,
    } as EndpointRequest<A, C>;
    const answer = await run(request);
    const { requestId } = event.requestContext;
    return contract.success === 204 ? emptyResponse(204, requestId) : jsonResponse(contract.success, answer, requestId);
  };
  return middy<APIGatewayProxyEventV2, HttpResponse>({
    timeoutEarlyInMillis: answerMs,
    timeoutEarlyResponse: outOfTime,
  })
    .use(requestLog(row))
    .handler(handle as (event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResponse>);
}

/** Kept for the error body when nothing else ended the request in time, so that no client sees the gateway's own 503. */
const answerMs = 1_000;

function outOfTime(): never {
  const message = 'The request took too long. Look whether it took effect before trying again.';
  throw new AppError('temporarily_unavailable', message, { retryAfterSeconds: 1 });
}

/** Turns a failure into the error body and writes the request's one log line. */
function requestLog(row: EndpointRow) {
  const started = new WeakMap<object, number>();
  type Request = middy.Request<APIGatewayProxyEventV2, HttpResponse>;
  const route = `${row.method} ${row.path}`;
  const line = (request: Request, facts: Record<string, unknown> = {}) => ({
    route,
    requestId: request.event.requestContext.requestId,
    status: request.response?.statusCode,
    durationMs: Math.round(performance.now() - (started.get(request.event) ?? performance.now())),
    ...facts,
  });
  return {
    before: (request: Request) => {
      started.set(request.event, performance.now());
    },
    after: (request: Request) => log('INFO', 'request', line(request)),
    onError: (request: Request) => {
      const { error } = request;
      request.response = errorResponse(error, request.event.requestContext.requestId);
      const failed = request.response.statusCode >= 500;
      const code = error instanceof AppError ? error.code : 'internal_error';
      const facts = failed ? { code, error: describeError(error) } : { code };
      log(failed ? 'ERROR' : 'INFO', 'request', line(request, facts));
    },
  };
}

function jsonBody(event: APIGatewayProxyEventV2): unknown {
  const body = event.body ?? '';
  // No body is no value, which a contract may allow.
  if (body === '') return undefined;
  if (body.length > maxJsonLength) {
    throw new AppError('validation_failed', `The body may hold at most ${maxJsonLength} characters.`, {
      details: { issues: [{ path: 'body', message: 'too large' }] },
    });
  }
  try {
    return JSON.parse(event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  } catch {
    throw new AppError('validation_failed', 'The body must be JSON.', {
      details: { issues: [{ path: 'body', message: 'not valid JSON' }] },
    });
  }
}
