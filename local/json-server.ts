/** What the AWS JSON endpoints of this cloud share: read a body, answer JSON. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Broken, breakOff, isBroken } from './broken.ts';

/** An answer, or a way not to give one. */
export type JsonReply = Broken | { status: number; body: unknown; headers?: Record<string, string> };

/** Reads the request as JSON and writes what `answer` gives. A body that is not JSON is 400. */
export function serveJson(
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  answer: (body: unknown) => Promise<JsonReply>,
): void {
  response.on('error', () => undefined);
  json(request)
    .catch(() => undefined)
    .then((body): Promise<JsonReply> => {
      if (body !== undefined) return answer(body);
      return Promise.resolve({ status: 400, body: { __type: 'SerializationException', message: 'not JSON' } });
    })
    .then((reply) => {
      if (isBroken(reply)) {
        breakOff(request, response, reply);
        return;
      }
      response.writeHead(reply.status, { 'content-type': contentType, ...reply.headers });
      response.end(JSON.stringify(reply.body));
    })
    .catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
}
