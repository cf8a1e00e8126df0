import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Contract, Parsed } from '#contracts/contract.ts';
import { AppError } from '#core/files/errors.ts';
import { type Auth, type EndpointRow, groupOf } from '#functions/routes.ts';
import { answer } from '#http/answer.ts';
import type { AuthDeps, CallerOf } from '#http/auth.ts';
import { caller } from '#http/caller.ts';
import type { GatewayEvent, GatewayRequest } from '#http/gateway.ts';
import type { FormEvent } from '#http/multipart-body.ts';
import { parts } from '#http/parts.ts';
import { refusals } from '#http/refusals.ts';
import type { HttpResponse } from '#http/respond.ts';
import { withDeadline } from './deadline.ts';
import { requestLog } from './request-log.ts';

/** What an endpoint's `run` gets: everything checked, nothing raw but a body that no middleware reads. */
export interface EndpointRequest<A extends Auth, C extends Contract> {
  caller: CallerOf<A>;
  params: Parsed<C['params']>;
  query: Parsed<C['query']>;
  json: Parsed<C['json']>;
  headers: Record<string, string | undefined>;
  /** When it reached the gateway. */
  arrivedAt: Date;
  /** The body as it came, for `readRaw`. */
  body: FormEvent;
}

/** A step between the checks and `run`; see `form`. */
export interface Step {
  before: (request: GatewayRequest) => Promise<void>;
}

export interface Pipeline<A extends Auth, C extends Contract> {
  row: EndpointRow & { auth: A };
  contract: C;
  authDeps: () => AuthDeps;
  steps?: Step[];
  run: (event: GatewayEvent) => Promise<unknown>;
}

/** Lambda ends a function in silence; this many milliseconds before, the caller is told to come again. */
const earlyMs = 1000;

const timedOut = (): never => {
  const message = 'The request took too long. Look whether it took effect before trying again.';
  throw new AppError('temporarily_unavailable', message, { retryAfterSeconds: 1 });
};

/**
 * An endpoint as a Lambda handler. Outside: the log line, the error body, the answer. Inside: who calls, what is asked,
 * then `run`. Two pipelines, because middy's early time-out covers a handler and not the middlewares before it, and a
 * key server or a table that does not answer holds up those just as well.
 */
export function pipeline<A extends Auth, C extends Contract>({
  row,
  contract,
  authDeps,
  steps = [],
  run,
}: Pipeline<A, C>) {
  const checked = middy<GatewayEvent, unknown>({ timeoutEarlyInMillis: 0 })
    .use(caller(row.auth, authDeps))
    .use(parts(contract))
    .use(steps)
    .handler(run);
  const handler = middy<GatewayEvent, unknown>({ timeoutEarlyInMillis: earlyMs, timeoutEarlyResponse: timedOut })
    .use(requestLog(row))
    .use(refusals(contract))
    .use(answer(contract))
    .handler(checked) as unknown as (event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResponse>;
  return withDeadline(handler, groupOf(row));
}

/** What `run` sees of an event that went through the checks. */
export function requestOf<A extends Auth, C extends Contract>(event: GatewayEvent): EndpointRequest<A, C> {
  const { caller: who, parts: checked, headers } = event;
  const arrivedAt = new Date(event.requestContext.timeEpoch);
  return { caller: who, ...checked, headers, arrivedAt, body: event } as unknown as EndpointRequest<A, C>;
}
