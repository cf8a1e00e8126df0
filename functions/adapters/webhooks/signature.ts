import { createHmac } from 'node:crypto';

/** What a secret must look like: `whsec_` and 24 to 64 random bytes in base64. */
const secretPattern = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/;

/** A secret that signs nothing. Its text is in no message. */
export class WebhookSecretError extends Error {
  override readonly name = 'WebhookSecretError';
}

/**
 * The secrets in the value of a Secrets Manager secret, separated by blanks or line ends: the newest first, and while it
 * is being rotated the one before, since a receiver may know only one of them.
 */
export function parseSecrets(value: string): Buffer[] {
  const secrets = value.trim().split(/\s+/);
  if (secrets.length > 2) throw new WebhookSecretError(`Two secrets sign at most, and there are ${secrets.length}.`);
  return secrets.map((secret) => {
    const bytes = Buffer.from(secretPattern.exec(secret)?.[1] ?? '', 'base64');
    if (bytes.length >= 24 && bytes.length <= 64) return bytes;
    throw new WebhookSecretError('A secret must be "whsec_" and 24 to 64 random bytes in base64.');
  });
}

/**
 * The headers that prove who sent a body, and when. One signature for each secret.
 * Source: Standard Webhooks, "Signature scheme" (https://www.standardwebhooks.com).
 */
export function signedHeaders(secrets: Buffer[], { id, body, at }: { id: string; body: string; at: Date }) {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const sign = (secret: Buffer) =>
    `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': secrets.map(sign).join(' ') };
}
