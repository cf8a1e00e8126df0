import type { EndpointRow } from '#functions/routes.ts';
import type { GatewayRequest } from '#http/gateway.ts';
import { type HttpResponse, refusalOf } from '#http/respond.ts';
import { measureRefusal } from './invocation.ts';
import { describeError, log } from './log.ts';

/**
 * Middleware, outermost: one log line a request, without query string, body or token. The route stands in it, not the
 * path, since paths hold ids and form tokens.
 */
export function requestLog({ method, path }: Pick<EndpointRow, 'method' | 'path'>) {
  const started = new WeakMap<object, number>();
  const line = ({ event, response }: GatewayRequest) => ({
    route: `${method} ${path}`,
    requestId: event.requestContext.requestId,
    status: (response as HttpResponse | undefined)?.statusCode,
    durationMs: Math.round(performance.now() - (started.get(event) ?? performance.now())),
  });
  return {
    before: ({ event }: GatewayRequest) => {
      started.set(event, performance.now());
    },
    after: (request: GatewayRequest) => log('INFO', 'request', line(request)),
    onError: (request: GatewayRequest) => {
      const facts = line(request);
      const { code } = refusalOf(request.error);
      measureRefusal(code);
      if ((facts.status ?? 500) < 500) log('INFO', 'request', { ...facts, code });
      else log('ERROR', 'request', { ...facts, code, error: describeError(request.error) });
    },
  };
}
