import { type EndpointName, endpoints } from '#functions/routes.ts';
import type { Contract } from '#http/contract.ts';
import { endpoint, type Run } from '#http/endpoint.ts';
import { developerKeys, tokens } from './container.ts';
import { beginRequest } from './deadline.ts';

/** Turns an endpoint file's contract and use case into its Lambda handler; `name` is its row in the route table. */
export function serve<N extends EndpointName, C extends Contract>(
  name: N,
  contract: C,
  run: Run<(typeof endpoints)[N]['auth'], C>,
) {
  const handler = endpoint<(typeof endpoints)[N]['auth'], C>(endpoints[name], contract, run, {
    // Built when asked for: a public function has no token settings, and most have no developer keys to read.
    authDeps: () => ({
      get tokens() {
        return tokens();
      },
      get developerKeys() {
        return developerKeys();
      },
    }),
  });
  return handler.before(({ context }) => beginRequest(context.getRemainingTimeInMillis?.()));
}
