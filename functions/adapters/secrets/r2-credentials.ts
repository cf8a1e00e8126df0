/** The R2 credentials in Secrets Manager: `{ "accessKeyId": "...", "secretAccessKey": "..." }`, nowhere else. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ObjectStoreError } from '#core/files/ports.ts';
import { createTimedHandler } from '../aws/timed-handler.ts';
import {
  type CredentialLife,
  type R2Credentials,
  type RememberedCredentials,
  rememberCredentials,
} from '../r2/credentials.ts';

/** Milliseconds: for each of three tries, and for all of them together. */
const defaultTimeouts = { attemptMs: 1_500, allMs: 5_000 };

/** Failures that stay until somebody changes a setting. */
const settled = new Set([
  'AccessDeniedException',
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ResourceNotFoundException',
]);

export interface SecretOptions extends CredentialLife {
  secretId: string;
  timeouts?: Partial<typeof defaultTimeouts>;
  /** Milliseconds the invocation in hand has left. */
  remainingMs?: (() => number) | undefined;
}

/**
 * A source of credentials that reads the secret once for all callers and again when they have lived their time or R2
 * refused them (`rememberCredentials`). Rejects with `ObjectStoreError`: `denied` when the secret is absent, closed to
 * us or not of the right form, `unavailable` when it could not be read just now.
 */
export function createSecretCredentials({
  secretId,
  timeouts,
  remainingMs,
  ...life
}: SecretOptions): RememberedCredentials {
  return rememberCredentials(createSecretReader({ secretId, timeouts, remainingMs }), life);
}

/** Reads the secret anew with every call; rejects as `createSecretCredentials` says. For whoever asks what it holds now. */
export function createSecretReader({
  secretId,
  timeouts,
  remainingMs,
}: Omit<SecretOptions, keyof CredentialLife>): () => Promise<R2Credentials> {
  const { attemptMs, allMs } = { ...defaultTimeouts, ...timeouts };
  const requestHandler = createTimedHandler({ attemptMs, remainingMs });
  const client = new SecretsManagerClient({ maxAttempts: 3, requestHandler });

  return async () => {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    try {
      const { SecretString } = await client.send(command, { abortSignal: AbortSignal.timeout(allMs) });
      return parseSecret(SecretString ?? '');
    } catch (cause) {
      if (cause instanceof ObjectStoreError) {
        throw cause;
      }
      const reason = cause instanceof Error && settled.has(cause.name) ? 'denied' : 'unavailable';
      throw new ObjectStoreError(reason, 'The secret with the R2 credentials could not be read.', { cause });
    }
  };
}

/** Errors name the field and never quote the secret; a JSON error would, so it is not kept as the cause. */
function parseSecret(text: string): R2Credentials {
  let fields: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) {
      fields = value as Record<string, unknown>;
    }
  } catch {
    throw new ObjectStoreError('denied', 'The secret with the R2 credentials is not JSON.');
  }
  const field = (name: string): string => {
    const value = fields[name];
    if (typeof value !== 'string' || value === '') {
      throw new ObjectStoreError('denied', `The secret with the R2 credentials lacks the field "${name}".`);
    }
    return value;
  };
  return { accessKeyId: field('accessKeyId'), secretAccessKey: field('secretAccessKey') };
}
