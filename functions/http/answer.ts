import type { Contract } from '#contracts/contract.ts';
import type { GatewayRequest } from './gateway.ts';
import { emptyResponse, jsonResponse } from './respond.ts';

/** Middleware: what `run` returned becomes the contract's answer. */
export function answer({ success }: Pick<Contract, 'success'>) {
  return {
    after: (request: GatewayRequest) => {
      const { requestId } = request.event.requestContext;
      request.response =
        success === 204 ? emptyResponse(success, requestId) : jsonResponse(success, request.response, requestId);
    },
  };
}
