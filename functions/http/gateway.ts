import type middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Caller } from './auth.ts';
import type { ReadForm } from './form.ts';
import type { Parts } from './parts.ts';

/** The gateway's event and what the middlewares found in it. Each adds its own part, for those after it and for `run`. */
export interface GatewayEvent extends APIGatewayProxyEventV2 {
  caller?: Caller;
  parts?: Parts;
  form?: ReadForm;
}

export type GatewayRequest = middy.Request<GatewayEvent, unknown>;
