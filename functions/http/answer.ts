import type { Contract } from '#contracts/contract.ts';
import type { GatewayRequest } from './gateway.ts';
import { emptyResponse, jsonResponse } from './respond.ts';

/** Middleware: what `run` returned becomes the contract's answer. */
export function answer({ success, cacheSeconds }: Pick<Contract, 'success' | 'cacheSeconds'>) {
  return {
    after: (request: GatewayRequest) => {
      const { requestId } = request.event.requestContext;
      const response =
        success === 204 ? emptyResponse(success, requestId) : jsonResponse(success, request.response, requestId);
      if (cacheSeconds !== undefined) response.headers['cache-control'] = `public, max-age=${cacheSeconds}`;
      request.response = response;
    },
  };
}
