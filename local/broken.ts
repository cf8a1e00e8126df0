/** Connections that break, and servers that go quiet: faults every service of this cloud can be made to have. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * `reset` drops the connection; `silence` takes the request and never answers; `stall` sends the headers of an answer and
 * never its body.
 */
export type Broken = 'reset' | 'silence' | 'stall';

/** Whether a fault is one of the connection rather than an answer. */
export const isBroken = (fault: unknown): fault is Broken =>
  fault === 'reset' || fault === 'silence' || fault === 'stall';

/** Breaks the exchange in that way. What is left hanging ends when the client gives up or the server closes. */
export function breakOff(request: IncomingMessage, response: ServerResponse, how: Broken): void {
  if (how === 'reset') request.socket.resetAndDestroy();
  if (how !== 'stall') return;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
  response.flushHeaders();
}
