/** Faults that tests provoke: what takes the place of an operation, and what becomes of its answer. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Request } from './request.ts';
import type { Fault, FileSlice, Reply } from './types.ts';
import { errorXml } from './xml.ts';

/** Thrown to drop the connection instead of answering. */
export const dropped = Symbol('connection dropped');

/** The answer when a fault comes before the operation; undefined lets it go on. Throws `dropped`. */
export async function insteadOf(fault: Fault, request: S3Request): Promise<Reply | undefined> {
  if (fault === 'reset') throw dropped;
  if (fault === 'silent') return await silence(request);
  if ('status' in fault) return errorReply(fault, 'Provoked for a test.', request.path);
  if ('foreign' in fault) {
    const body = fault.body ?? '<!doctype html><html><body><h1>Not here</h1></body></html>';
    return { status: fault.foreign, headers: { 'content-type': 'text/html' }, body };
  }
  if ('delayMs' in fault) await sleep(fault.delayMs);
  return undefined;
}

/** What becomes of the answer of an operation that was carried out. Throws `dropped`. */
export async function afterwards(fault: Fault, reply: Reply, request: S3Request): Promise<Reply> {
  if (typeof fault === 'string') return reply;
  if ('answer' in fault) {
    const { status = reply.status, headers: changes = {}, body } = fault.answer;
    const headers = Object.entries({ ...reply.headers, ...changes }).filter(([, value]) => value !== undefined);
    if (body !== undefined) await discard(reply);
    return {
      status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      ...((body ?? reply.body) !== undefined && { body: body ?? (reply.body as string | FileSlice) }),
    };
  }
  if (!('afterEffect' in fault)) return reply;
  await discard(reply);
  if (fault.afterEffect === 'silent') return await silence(request);
  if (fault.afterEffect === 'reset') throw dropped;
  const never = new Readable({ read() {} });
  request.raw.socket.once('close', () => never.destroy());
  return { ...reply, body: { stream: () => never, close: async () => {} } };
}

/** An error body as every refusal has it. */
export function errorReply(
  { status, code }: { status: number; code: string },
  message: string,
  resource: string,
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: errorXml({ code, message, resource, requestId: randomUUID() }),
  };
}

/** The request was taken and is not answered; the caller is the one to leave. Throws `dropped` when it has. */
async function silence({ raw }: S3Request): Promise<never> {
  raw.resume();
  if (!raw.socket.destroyed) await once(raw.socket, 'close');
  throw dropped;
}

async function discard({ body }: Reply): Promise<void> {
  if (typeof body === 'object') await body.close();
}
