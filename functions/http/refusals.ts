import type { Contract } from '#contracts/contract.ts';
import type { GatewayRequest } from './gateway.ts';
import { errorResponse } from './respond.ts';

/** Middleware: whatever was thrown becomes the one error body, here and nowhere else. */
export function refusals(contract: Pick<Contract, 'wording' | 'json'>) {
  return {
    onError: (request: GatewayRequest) => {
      request.response = errorResponse(request.error, request.event.requestContext.requestId, contract);
    },
  };
}
