import { jsonOf, StowageError } from './errors.ts';
import type { StowageEvent } from './webhook-events.ts';

export interface WebhookRequest {
  /** As it came: a body that was parsed and written anew has another signature. */
  body: string | Uint8Array;
  /** Of `fetch`, or of Node's `http`. */
  headers: { get(name: string): string | null } | Record<string, string | string[] | undefined>;
  /** `whsec_...`, or several while it is rotated. */
  secret: string | readonly string[];
  /** How far the sender's clock may be from this one, seconds; 300 when left out. */
  toleranceSeconds?: number;
}

/** More signatures than a sender makes who rotates its secret. What comes after is not looked at. */
const mostSignatures = 10;

const algorithm = { name: 'HMAC', hash: 'SHA-256' };

/**
 * The event in a webhook's request, once its signature and time are right. Compared by WebCrypto, in constant time.
 * Source: Standard Webhooks, "Verifying signatures" (https://www.standardwebhooks.com).
 * @throws StowageError `webhook_refused`, whose `details.reason` says what is wrong: answer 400
 * @throws TypeError for a secret of another form, or a tolerance that is no number from 0
 */
export async function verifyWebhook({
  body,
  headers,
  secret,
  toleranceSeconds = 300,
}: WebhookRequest): Promise<StowageEvent> {
  if (!(toleranceSeconds >= 0)) throw new TypeError('toleranceSeconds must be a number from 0.');
  const secrets = [secret].flat().map(keyOf);
  if (secrets.length === 0) throw new TypeError('secret must be given.');
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => header(headers, `webhook-${name}`));
  if (!id || !timestamp || !signature) {
    throw refused('headers', 'One of webhook-id, webhook-timestamp and webhook-signature is missing.');
  }
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(/^\d{1,12}$/.test(timestamp) && ageSeconds <= toleranceSeconds)) {
    throw refused('timestamp', 'webhook-timestamp is too far from now. Look whether this clock is right.');
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (!(await isSigned(joined(`${id}.${timestamp}.`, bytes), signature, secrets))) {
    throw refused('signature', 'No signature is right. Give the body as it came, and the secret that is in use.');
  }
  const event = jsonOf(new TextDecoder().decode(bytes));
  if (!isEvent(event)) throw refused('body', 'It is signed, but no event of version 1.');
  return event;
}

const refused = (reason: 'headers' | 'timestamp' | 'signature' | 'body', message: string) =>
  new StowageError('webhook_refused', message, { details: { reason } });

function header(headers: WebhookRequest['headers'], name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : undefined;
}

async function isSigned(content: Uint8Array<ArrayBuffer>, header: string, secrets: Uint8Array<ArrayBuffer>[]) {
  const signatures = header.split(' ', mostSignatures).flatMap((each) => {
    const bytes = each.startsWith('v1,') ? bytesOf(each.slice(3)) : undefined;
    return bytes ?? [];
  });
  for (const secret of secrets) {
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
    for (const signature of signatures) {
      if (await crypto.subtle.verify('HMAC', key, signature, content)) return true;
    }
  }
  return false;
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = secret.startsWith('whsec_') ? bytesOf(secret.slice(6)) : undefined;
  if (bytes !== undefined && bytes.length >= 24 && bytes.length <= 64) return bytes;
  throw new TypeError('secret must be "whsec_" and 24 to 64 bytes in base64.');
}

/** Undefined where the text is not base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(start: string, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(start);
  const all = new Uint8Array(head.length + rest.length);
  all.set(head);
  all.set(rest, head.length);
  return all;
}

function isEvent(value: unknown): value is StowageEvent {
  const { id, type, version, data } = (value ?? {}) as Partial<StowageEvent>;
  return (
    typeof id === 'string' && typeof type === 'string' && version === 1 && typeof data === 'object' && data !== null
  );
}
