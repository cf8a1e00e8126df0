import type * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { type EndpointName, endpoints } from '#functions/routes.ts';
import type { FormLimits } from '#http/direct-hint.ts';
import { form, type ReadForm } from '#http/form.ts';
import { type EndpointRequest, pipeline, requestOf } from './pipeline.ts';
import { type AuthOf, authDeps } from './serve.ts';

type FormContract = Contract & { form: z.ZodMiniObject };

/** What `run` gets beyond any other endpoint: the upload, its fields, and the limits that `limits` said. */
type FormRequest<N extends EndpointName, C extends FormContract, L extends FormLimits> = EndpointRequest<AuthOf<N>, C> &
  ReadForm<z.output<C['form']>, L>;

/**
 * `serve` for an endpoint that takes a form, apart from it so that no other function carries the parser. `limits` runs
 * before the form is read: whoever may not upload at all is told so, whatever they sent.
 */
export function serveForm<N extends EndpointName, C extends FormContract, L extends FormLimits>(
  name: N,
  contract: C,
  limits: (request: EndpointRequest<AuthOf<N>, C>) => Promise<L>,
  run: (request: FormRequest<N, C, L>) => Promise<unknown>,
) {
  return pipeline({
    row: endpoints[name],
    contract,
    authDeps,
    steps: [form(contract.form, (event) => limits(requestOf<AuthOf<N>, C>(event)))],
    run: (event) => run({ ...requestOf<AuthOf<N>, C>(event), ...event.form } as FormRequest<N, C, L>),
  });
}
