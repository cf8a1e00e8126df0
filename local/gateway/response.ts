/**
 * Turns what a function returned into an HTTP response, by the rules of payload format 2.0: without a `statusCode`
 * the whole value is the JSON body of a 200; a value the gateway cannot use is its own 500.
 */
import * as z from 'zod';

export interface GatewayResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const shaped = z.looseObject({
  statusCode: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{3}$/)
        .transform(Number),
    ])
    .pipe(z.number().int().min(100).max(599)),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** The gateway's own answers, with its own body: none of ours looks like them. */
export const gatewayErrors = {
  notFound: { status: 404, message: 'Not Found' },
  tooLarge: { status: 413, message: 'Request Entity Too Large' },
  headersTooLarge: { status: 431, message: 'Request Header Fields Too Large' },
  internal: { status: 500, message: 'Internal Server Error' },
  unavailable: { status: 503, message: 'Service Unavailable' },
} as const;

/** Renders one of the gateway's own answers. */
export function gatewayError(name: keyof typeof gatewayErrors): GatewayResponse {
  const { status, message } = gatewayErrors[name];
  const headers = { 'content-type': 'application/json' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify({ message })) };
}

/** Reads the JSON text a function returned. */
export function functionResponse(payload: string): GatewayResponse {
  const value: unknown = JSON.parse(payload);
  if (value === null || typeof value !== 'object' || !('statusCode' in value)) {
    const body = Buffer.from(typeof value === 'string' ? value : payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
  }
  const result = shaped.safeParse(value);
  if (!result.success) return gatewayError('internal');
  const { statusCode, headers, cookies, body, isBase64Encoded } = result.data;
  const lower: Record<string, string> = {};
  for (const [name, text] of Object.entries(headers ?? {})) lower[name.toLowerCase()] = text;
  if (body && !('content-type' in lower)) lower['content-type'] = 'text/plain;charset=UTF-8';
  // Length and framing are the gateway's business.
  for (const name of ['content-length', 'transfer-encoding', 'connection']) delete lower[name];
  return {
    status: statusCode,
    headers: lower,
    cookies: cookies ?? [],
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}
