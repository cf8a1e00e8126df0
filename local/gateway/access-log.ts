/**
 * Writes one line a request in the format the template gives the stage, as the gateway does: also where no function
 * answered. A variable without a value is `-`. Source: API Gateway developer guide, "Customize HTTP API access logs".
 */
import { aws } from '../aws.ts';

/** What is known of a request when it has been answered. */
export interface Access {
  requestId: string;
  /** When it arrived. */
  at: Date;
  method: string;
  /** None where no route matched. */
  routeKey?: string | undefined;
  status: number;
  responseBytes: number;
  responseMs: number;
  /** The function that was asked, if one was. */
  integration?:
    | { requestId: string; status?: number | undefined; error?: string | undefined; latencyMs: number }
    | undefined;
  /** The gateway's own refusal. */
  error?: string | undefined;
}

/** The variables this cloud has values for. */
const variables: Record<string, (access: Access) => string | number | undefined> = {
  accountId: () => aws.accountId,
  'error.message': ({ error }) => error,
  'error.responseType': ({ error }) => error && 'DEFAULT',
  extendedRequestId: ({ requestId }) => requestId,
  httpMethod: ({ method }) => method,
  'identity.sourceIp': () => '127.0.0.1',
  'integration.error': ({ integration }) => integration?.error,
  'integration.latency': ({ integration }) => integration?.latencyMs,
  'integration.requestId': ({ integration }) => integration?.requestId,
  'integration.status': ({ integration }) => integration?.status,
  // What Lambda said of the invocation, whatever the function answered.
  'integration.integrationStatus': ({ integration }) => integration && 200,
  integrationErrorMessage: ({ integration }) => integration?.error,
  integrationLatency: ({ integration }) => integration?.latencyMs,
  integrationStatus: ({ integration }) => integration && 200,
  protocol: () => 'HTTP/1.1',
  requestId: ({ requestId }) => requestId,
  requestTime: ({ at }) => clfTime(at),
  requestTimeEpoch: ({ at }) => at.getTime(),
  responseLatency: ({ responseMs }) => responseMs,
  responseLength: ({ responseBytes }) => responseBytes,
  routeKey: ({ routeKey }) => routeKey,
  stage: () => '$default',
  status: ({ status }) => status,
};

/** `$context.` and a name of letters and dots, which may end a sentence. */
const variable = /\$context\.([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)/g;

/** @throws Error naming a variable that this cloud has no value for, before any request is logged without it */
export function accessLine(format: string): (access: Access) => string {
  const unknown = [...format.matchAll(variable)].map(([, name = '']) => name).filter((name) => !(name in variables));
  if (unknown.length > 0) throw new Error(`The access log's format has $context.${unknown.join(', $context.')}`);
  return (access) =>
    format.replaceAll(variable, (_, name: string) => String(variables[name]?.(access) ?? '-').replaceAll('"', "'"));
}

/** Common Log Format: `12/Mar/2020:19:03:58 +0000`. */
export function clfTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
