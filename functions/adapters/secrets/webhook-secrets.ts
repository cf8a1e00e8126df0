/** What webhooks are signed with, in Secrets Manager and nowhere else. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createTimedHandler } from '../aws/timed-handler.ts';
import { parseSecrets } from '../webhooks/signature.ts';

const attemptMs = 1_500;
const maxAttempts = 3;

/** How long a secret is used before it is read again: what a rotation has to wait for. */
const lifeMs = 60_000;

/**
 * A source of secrets by the name of their Secrets Manager secret, each read once a minute at most. Rejects with the
 * service's error, or with `WebhookSecretError` where the value is of another form.
 */
export function createWebhookSecrets({ remainingMs }: { remainingMs?: (() => number) | undefined } = {}) {
  const client = new SecretsManagerClient({
    maxAttempts,
    requestHandler: createTimedHandler({ attemptMs, remainingMs }),
  });
  const known = new Map<string, { secrets: Buffer[]; until: number }>();
  return async (secretName: string): Promise<Buffer[]> => {
    const found = known.get(secretName);
    if (found !== undefined && found.until > Date.now()) return found.secrets;
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
    const secrets = parseSecrets(SecretString);
    known.set(secretName, { secrets, until: Date.now() + lifeMs });
    return secrets;
  };
}
