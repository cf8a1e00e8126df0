/**
 * The endpoints that exist on one machine only: any token, everything that is due done now, and the latest events. They hand out
 * administrator tokens, so a web page of another origin, or a name that was pointed at this machine, is refused.
 */
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import type { DrainReport } from './drain.ts';
import type { GatewayResponse } from './gateway/response.ts';
import { type TokenIssuer, tokenRequest } from './tokens/issuer.ts';

export interface ControlOptions {
  sign: TokenIssuer['sign'];
  drain(): Promise<DrainReport>;
  /** The latest events that a bus took, oldest first. */
  events(): unknown[];
}

const known = ['POST /__local/tokens', 'POST /__local/drain', 'GET /__local/events'];

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/;

/** Answers requests under `/__local/`; undefined for every other path. */
export function createControl(options: ControlOptions) {
  return async (request: IncomingMessage, body: Buffer): Promise<GatewayResponse | undefined> => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!path.startsWith('/__local/')) return undefined;
    if (!isLocal(request)) return answer(403, { message: 'Only pages and programs of this machine may do this' });
    switch (`${request.method} ${path}`) {
      case 'POST /__local/tokens':
        return tokens(body, options.sign);
      case 'POST /__local/drain':
        return answer(200, await options.drain());
      case 'GET /__local/events':
        return answer(200, { events: options.events() });
      default:
        return answer(404, { message: `Only these are here: ${known.join(', ')}` });
    }
  };
}

async function tokens(body: Buffer, sign: TokenIssuer['sign']): Promise<GatewayResponse> {
  const parsed = tokenRequest.safeParse(parse(body));
  if (!parsed.success) return answer(400, { message: z.prettifyError(parsed.error) });
  return answer(200, { token: await sign(parsed.data) });
}

/** From a page or program of this machine, under its own name. */
export function isLocal({ headers }: IncomingMessage): boolean {
  const origin = headers.origin === undefined || loopback.test(headers.origin.replace(/^https?:\/\//, ''));
  return origin && loopback.test(headers.host ?? '');
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function answer(status: number, value: unknown): GatewayResponse {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify(value)) };
}
