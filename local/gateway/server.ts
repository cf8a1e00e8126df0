/**
 * The HTTP API. Differs from AWS: no throttling, one API on one port, and what is registered as `control` (this
 * cloud's own endpoints, never in the template) is asked before the routes and stays out of the access log, as pages do.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Closable } from '../aws.ts';
import { isLocal } from '../control.ts';
import { like } from '../iam/policy.ts';
import type { InvokeResult } from '../lambda/instance.ts';
import { closeServer, listen } from '../listen.ts';
import type { ApiSpec, PermissionSpec, RouteSpec } from '../template/model.ts';
import { type Access, accessLine } from './access-log.ts';
import { isPreflight, preflightHeaders, responseHeaders } from './cors.ts';
import { requestEvent } from './event.ts';
import { functionResponse, type GatewayResponse, gatewayError } from './response.ts';
import { createRouter, isCatchAll, type Match } from './router.ts';

/** HTTP API quotas: body, and request line with headers. */
const maxBodyBytes = 10 * 1024 * 1024;
const maxHeaderBytes = 10_240;

export interface GatewayOptions {
  api: ApiSpec;
  permissions: PermissionSpec[];
  /** @param requestId Lambda's own, which is not the gateway's */
  invoke(functionName: string, event: unknown, requestId: string): Promise<InvokeResult>;
  /** Answers a request of this cloud's own, or gives undefined to let the routes have it. */
  control?: (request: IncomingMessage, body: Buffer) => Promise<GatewayResponse | undefined>;
  /** The same for what no route matches, or only one that takes whatever is left. */
  pages?: ((request: IncomingMessage) => Promise<GatewayResponse | undefined>) | undefined;
  /** Told one line a request in the template's format. */
  onAccess?: (line: string) => void;
  host: string;
  port: number;
}

/** What of a request the access log tells, beside its answer. */
type Noted = Pick<Access, 'routeKey' | 'integration'> & { own?: boolean };

/** Starts the API. Throws when a route's function does not permit this API to invoke it. */
export async function startGateway(options: GatewayOptions): Promise<Closable & { port: number; endpoint: string }> {
  const { api } = options;
  for (const route of api.routes) checkPermission(api, route, options.permissions);
  const route = createRouter(api.routes);
  const line = api.accessLogFormat === undefined ? undefined : accessLine(api.accessLogFormat);

  async function answer(request: IncomingMessage, requestId: string, noted: Noted): Promise<GatewayResponse> {
    const now = new Date();
    if (headerBytes(request) > maxHeaderBytes) return gatewayError('headersTooLarge');
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const match = route(request.method ?? 'GET', path);
    if (api.cors && isPreflight(request) && !match) return empty();
    const body = await readBody(request);
    if (!body) return gatewayError('tooLarge');
    const own = await options.control?.(request, body);
    if (own) {
      noted.own = true;
      return own;
    }
    // Pages hold a developer key: as the cloud's own endpoints, they are for this machine alone.
    const forPages = (!match || isCatchAll(match.route)) && isLocal(request);
    const page = forPages ? await options.pages?.(request) : undefined;
    if (page) {
      noted.own = true;
      return page;
    }
    if (!match) return gatewayError('notFound');
    noted.routeKey = match.route.routeKey;
    return invoke(match, { request, body, requestId, now, noted });
  }

  async function invoke(
    match: Match,
    came: { request: IncomingMessage; body: Buffer; requestId: string; now: Date; noted: Noted },
  ): Promise<GatewayResponse> {
    const invocationId = randomUUID();
    const started = performance.now();
    const event = requestEvent({ ...came, match, apiId: api.id });
    const timer = Promise.withResolvers<'late'>();
    const timeout = setTimeout(() => timer.resolve('late'), match.route.timeoutMs);
    const result = await Promise.race([options.invoke(match.route.functionName, event, invocationId), timer.promise]);
    clearTimeout(timeout);
    came.noted.integration = integrationOf(result, invocationId, performance.now() - started);
    if (result === 'late') return gatewayError('unavailable');
    if (result.ok) return functionResponse(result.payload);
    return gatewayError(result.kind === 'too-large' ? 'tooLarge' : 'internal');
  }

  // The header limit is ours to apply, so Node's own must not come first.
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    // A client that hangs up does not cancel the function, and must not end this process.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const [requestId, at, started] = [randomUUID(), new Date(), performance.now()];
    const noted: Noted = {};
    answer(request, requestId, noted)
      .catch((error: unknown) => {
        if (!request.destroyed || request.complete) console.error(error);
        return gatewayError('internal');
      })
      .then((result) => {
        write(request, response, requestId, result);
        if (line === undefined || noted.own) return;
        const responseMs = Math.round(performance.now() - started);
        const { status, body } = result;
        const access = { ...noted, requestId, at, method: request.method ?? '', status, responseMs };
        options.onAccess?.(line({ ...access, responseBytes: body.length }));
      });
  });

  function write(request: IncomingMessage, response: ServerResponse, requestId: string, result: GatewayResponse): void {
    const headersOf = isPreflight(request) ? preflightHeaders : responseHeaders;
    const cors = api.cors ? headersOf(api.cors, request) : {};
    response.statusCode = result.status;
    for (const [name, value] of Object.entries({ ...result.headers, ...cors })) setHeader(response, name, value);
    if (result.cookies.length > 0) response.setHeader('set-cookie', result.cookies);
    response.setHeader('apigw-requestid', requestId);
    if (!request.complete) response.setHeader('connection', 'close');
    const bodiless = result.status === 204 || result.status === 304 || result.status < 200;
    if (!bodiless) response.setHeader('content-length', result.body.length);
    response.end(bodiless || request.method === 'HEAD' ? undefined : result.body);
    // Whoever still sends reads its answer only when it can go on sending: take the rest and drop it.
    if (!request.complete) request.resume();
  }

  const { port, endpoint } = await listen(server, options);
  return { port, endpoint, close: () => closeServer(server) };
}

/** What the gateway knows of an invocation, also of one that died; of a status only what the function itself answered. */
function integrationOf(result: InvokeResult | 'late', requestId: string, ms: number): Access['integration'] {
  const latencyMs = Math.round(ms);
  if (result === 'late') return { requestId, latencyMs, error: 'Endpoint request timed out' };
  if (!result.ok) return { requestId, latencyMs, error: result.error.errorMessage };
  return { requestId, latencyMs, status: functionResponse(result.payload).status };
}

/** Reads the body, or undefined as soon as it is over the limit. Rejects when the client hangs up before its end. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBodyBytes) resolve(undefined);
    else chunks.push(chunk);
  });
  request.on('end', () => resolve(Buffer.concat(chunks)));
  request.on('close', () => reject(new Error('The client hung up before the end of its request')));
  return promise;
}

function headerBytes(request: IncomingMessage): number {
  const line = `${request.method} ${request.url} HTTP/1.1\r\n`;
  return Buffer.byteLength(line) + request.rawHeaders.reduce((sum, part) => sum + Buffer.byteLength(part) + 2, 0);
}

function setHeader(response: ServerResponse, name: string, value: string): void {
  try {
    response.setHeader(name, value);
  } catch {
    // A header no HTTP message can carry: the gateway leaves it out.
  }
}

function empty(): GatewayResponse {
  return { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };
}

/** `arn:...:<api>/<stage>/<method>/<path>` must be covered by a permission of the function, as CDK writes one a route. */
function checkPermission(
  api: ApiSpec,
  { routeKey, functionName, qualifier }: RouteSpec,
  permissions: PermissionSpec[],
): void {
  const [method, path] = routeKey === '$default' ? ['$default', ''] : routeKey.split(' ');
  const source = `${api.arn}/$default/${method === 'ANY' ? '*' : method}${path}`;
  const granted = permissions.some(
    (permission) =>
      permission.functionName === functionName &&
      permission.qualifier === qualifier &&
      permission.principal === 'apigateway.amazonaws.com' &&
      permission.action === 'lambda:InvokeFunction' &&
      (permission.sourceArn === undefined || like(permission.sourceArn, source)),
  );
  if (!granted) throw new Error(`Route ${routeKey}: ${functionName} does not permit the API to invoke it`);
}
