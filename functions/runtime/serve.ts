import type { Contract } from '#contracts/contract.ts';
import { once } from '#core/files/idempotency.ts';
import { type EndpointName, endpoints } from '#functions/routes.ts';
import type { AuthDeps } from '#http/auth.ts';
import { clock, developerKeys, idempotency, tokens } from './container.ts';
import { claimOf } from './idempotency.ts';
import { type EndpointRequest, pipeline, requestOf } from './pipeline.ts';

/** The `auth` of a row, by its name. */
export type AuthOf<N extends EndpointName> = (typeof endpoints)[N]['auth'];

/** Turns an endpoint file's contract and use case into its Lambda handler; `name` is its row in the route table. */
export function serve<N extends EndpointName, C extends Contract>(
  name: N,
  contract: C,
  run: (request: EndpointRequest<AuthOf<N>, C>) => Promise<unknown>,
) {
  return pipeline({
    row: endpoints[name],
    contract,
    authDeps,
    run: async (event) => {
      const request = requestOf<AuthOf<N>, C>(event);
      if (contract.idempotent !== 'answered') return await run(request);
      const deps = { idempotency: idempotency(), clock };
      return await once(deps, claimOf(name, request), () => run(request));
    },
  });
}

/** Built when asked for: a public function has no token settings, and most have no developer keys to read. */
export const authDeps = (): AuthDeps => ({
  get tokens() {
    return tokens();
  },
  get developerKeys() {
    return developerKeys();
  },
});
