import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { AppError } from '#core/files/errors.ts';
import { errorResponse, type HttpResponse } from '#http/respond.ts';
import { withDeadline } from './deadline.ts';
import { measureRefusal } from './invocation.ts';
import { log } from './log.ts';

/** An endpoint's Lambda handler, as far as another one may call it. */
export type EndpointHandler = (event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResponse>;

/**
 * The Lambda handler of the routes `<method> /{proxy+}` and `GET /`. The path is the greedy variable's, since `rawPath`
 * begins with the stage or with the base path of a custom domain where there is one. The log line has no path: it may
 * hold a token.
 * @param withSlash endpoints by `METHOD /path`, each answering that path with one slash at its end as it does without
 */
export function fallback(withSlash: Readonly<Record<string, EndpointHandler>>): EndpointHandler {
  const endpoints = new Map(Object.entries(withSlash));
  return async (event, context) => {
    const { pathParameters, ...asked } = event;
    const { http } = event.requestContext;
    const endpoint = endpoints.get(`${http.method} /${pathParameters?.proxy?.replace(/\/$/, '') ?? ''}`);
    return await (endpoint ? endpoint(asked, context) : unmatched(event, context));
  };
}

/** An invocation of its own, as every endpoint is. */
const unmatched: EndpointHandler = withDeadline(async ({ routeKey, requestContext: { requestId } }) => {
  measureRefusal('not_found');
  log('INFO', 'request', { route: routeKey, requestId, status: 404, code: 'not_found' });
  const message = 'Nothing answers this method at this path. Check both, and whether the path ends in a slash.';
  return errorResponse(new AppError('not_found', message), requestId);
}, 'other');
