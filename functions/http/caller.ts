import type { Auth } from '#functions/routes.ts';
import { type AuthDeps, authenticate } from './auth.ts';
import type { GatewayRequest } from './gateway.ts';

/**
 * Middleware: proves who calls, before anything else of the request is looked at, and leaves it as `event.caller`. `deps`
 * is built at the first request, so that importing an endpoint reads no environment. Throws what `authenticate` throws.
 */
export function caller(auth: Auth, deps: () => AuthDeps) {
  return {
    before: async ({ event }: GatewayRequest) => {
      const { headers, pathParameters: params = {} } = event;
      event.caller = await authenticate(auth, { headers, params }, deps());
    },
  };
}
