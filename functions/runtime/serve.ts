import type { Contract } from '#contracts/contract.ts';
import { once } from '#core/files/idempotency.ts';
import { type EndpointName, endpoints } from '#functions/routes.ts';
import type { AuthDeps } from '#http/auth.ts';
import { clock, developerKeys, idempotency, tokens } from './container.ts';
import { claimOf } from './idempotency.ts';
import { type EndpointRequest, pipeline, requestOf } from './pipeline.ts';

/** The `auth` of a row, by its name. */
export type AuthOf<N extends EndpointName> = (typeof endpoints)[N]['auth'];

/** A contract whose answers nobody keeps here; what is created under a key, the table keeps with what was created. */
export type PlainContract = Contract & { idempotent?: true };

/** Turns an endpoint file's contract and use case into its Lambda handler; `name` is its row in the route table. */
export function serve<N extends EndpointName, C extends PlainContract>(
  name: N,
  contract: C,
  run: (request: EndpointRequest<AuthOf<N>, C>) => Promise<unknown>,
) {
  return serving(name, contract, run);
}

/**
 * {@link serve} where the answer is kept under the request's Idempotency-Key and given again. Apart, so that only functions
 * that keep answers have a store for them in their bundles.
 */
export function serveOnce<N extends EndpointName, C extends Contract & { idempotent: 'answered' }>(
  name: N,
  contract: C,
  run: (request: EndpointRequest<AuthOf<N>, C>) => Promise<unknown>,
) {
  return serving(name, contract, async (request) => {
    const deps = { idempotency: idempotency(), clock };
    return await once(deps, claimOf(name, request), () => run(request));
  });
}

function serving<N extends EndpointName, C extends Contract>(
  name: N,
  contract: C,
  run: (request: EndpointRequest<AuthOf<N>, C>) => Promise<unknown>,
) {
  return pipeline({
    row: endpoints[name],
    contract,
    authDeps,
    run: async (event) => await run(requestOf<AuthOf<N>, C>(event)),
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
