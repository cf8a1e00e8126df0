/** One POST to a receiver of webhooks. Nobody is trusted: not where the name leads, not how long it takes, not the answer. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Delivery } from '#core/events/webhook.ts';
import { publicLookup, requirePublicHost } from './public-address.ts';

export interface PostOptions {
  url: string;
  body: string;
  headers: Record<string, string>;
  /** From the look-up to the status of the answer, milliseconds. */
  timeoutMs: number;
  /** Plain http to this machine is let through: on the one-machine cloud only. */
  loopback?: boolean;
}

/** Nothing of an answer is used but its status; what comes after so many bytes is not read. */
const mostAnswerBytes = 16_384;

const isLoopback = ({ hostname }: URL) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * Posts the body once. Taken is what was answered 2xx within the time; a redirect is not followed, since the settings say
 * where events go. Never rejects: whatever goes wrong is a refusal with its reason, which names no body and no header.
 */
export async function postWebhook({ url, body, headers, timeoutMs, loopback = false }: PostOptions): Promise<Delivery> {
  const target = new URL(url);
  const local = loopback && isLoopback(target);
  try {
    if (target.protocol !== 'https:' && !local) throw new Error('Webhooks go to https only.');
    if (!local) requirePublicHost(target.hostname);
    return await post(target, { body, headers, timeoutMs, local });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { outcome: 'refused', reason: `${name}: ${message}`.slice(0, 300) };
  }
}

interface Post {
  body: string;
  headers: Record<string, string>;
  timeoutMs: number;
  local: boolean;
}

function post(target: URL, { body, headers, timeoutMs, local }: Post): Promise<Delivery> {
  const { promise, resolve, reject } = Promise.withResolvers<Delivery>();
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const bytes = Buffer.from(body);
  const expired = AbortSignal.timeout(timeoutMs);
  const request = send(target, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': bytes.length,
      'user-agent': 'Stowage-Webhooks/1',
      ...headers,
    },
    signal: expired,
    ...(!local && { lookup: publicLookup }),
  });
  request.on('error', (error) => reject(expired.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error));
  // Without these two a receiver that switches protocols, or hangs up in a way of its own, would leave the call without an
  // end, and a function whose loop runs empty counts as done: the event would be lost.
  request.on('upgrade', (response, socket) => {
    socket.destroy();
    resolve(judge(response.statusCode ?? 0, undefined));
  });
  request.on('close', () => reject(new Error('closed without an answer')));
  request.on('response', (response) => {
    resolve(judge(response.statusCode ?? 0, response.headers['retry-after']));
    let read = 0;
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > mostAnswerBytes) request.destroy();
    });
  });
  request.end(bytes);
  return promise;
}

function judge(status: number, retryAfter: string | undefined): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'taken' };
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined;
  const reason = status >= 300 && status < 400 ? 'redirects are not followed' : 'the receiver refused it';
  return { outcome: 'refused', status, reason, ...(seconds !== undefined && { retryAfterSeconds: seconds }) };
}
