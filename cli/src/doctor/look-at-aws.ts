/** What the account says, with the credentials of whoever runs this: the secret's shape, and how many functions may run. */
import type { Credentials } from './bucket-rules.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

/** A new account's ten; whatever is below a hundred is felt when people come. */
const fewConcurrent = 100;

const configured = () => {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI } =
    process.env;
  return AWS_PROFILE || AWS_ACCESS_KEY_ID || AWS_WEB_IDENTITY_TOKEN_FILE || AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
};

export interface AwsLook {
  findings: Finding[];
  /** What the secret holds, to read the buckets' rules with. */
  credentials?: Credentials;
}

/** Looks with the environment's credentials, and says so where there are none. */
export async function lookAtAws(secretName: string | undefined): Promise<AwsLook> {
  if (!configured()) {
    const found = 'No AWS credentials in the environment: secret and quotas are not looked at from here.';
    return { findings: [skipped('aws.account', found, 'AWS_PROFILE=… AWS_REGION=… stowage doctor')] };
  }
  if (!process.env.AWS_REGION && !process.env.AWS_DEFAULT_REGION) {
    return {
      findings: [skipped('aws.account', 'The region of the stack is not known.', 'AWS_REGION=… stowage doctor')],
    };
  }
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || '';
  const [secret, concurrency] = await Promise.all([lookAtSecret(secretName, region), lookAtConcurrency(region)]);
  return {
    findings: [...secret.findings, concurrency],
    ...(secret.credentials && { credentials: secret.credentials }),
  };
}

async function lookAtSecret(secretName: string | undefined, region: string): Promise<AwsLook> {
  const name = 'aws.secret';
  if (secretName === undefined)
    return {
      findings: [skipped(name, 'Its name is not known.', 'Give --admin-token, or --settings .stowage.<stage>.json')],
    };
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ region, maxAttempts: 2 });
  const put = `aws secretsmanager put-secret-value --region ${region} --secret-id ${secretName} --secret-string '{"accessKeyId":"…","secretAccessKey":"…"}'`;
  try {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretName }));
    const credentials = credentialsIn(SecretString);
    if (credentials === undefined) {
      return {
        findings: [failed(name, `${secretName} is not JSON with the texts accessKeyId and secretAccessKey.`, put)],
      };
    }
    const strange = oddityOf(credentials);
    if (strange !== undefined) return { findings: [warning(name, `${secretName}: ${strange}`, put)], credentials };
    return { findings: [ok(name, `${secretName} has both fields.`)], credentials };
  } catch (error) {
    const code = error instanceof Error ? error.name : 'unknown';
    if (code === 'ResourceNotFoundException') {
      const create = put.replace('put-secret-value', 'create-secret').replace('--secret-id', '--name');
      return { findings: [failed(name, `There is no secret ${secretName} in ${region}.`, create)] };
    }
    return { findings: [skipped(name, `These credentials may not read it: ${code}.`)] };
  } finally {
    client.destroy();
  }
}

function credentialsIn(text: string): Credentials | undefined {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Record<string, unknown>;
    if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
    return accessKeyId === '' || secretAccessKey === '' ? undefined : { accessKeyId, secretAccessKey };
  } catch {
    return undefined;
  }
}

/** R2's keys are hexadecimal, of 32 and 64 digits (Cloudflare: "R2 API tokens"). */
function oddityOf({ accessKeyId, secretAccessKey }: Credentials): string | undefined {
  if (/^AKIA/.test(accessKeyId)) return 'accessKeyId is a key of AWS, and not of R2.';
  if (!/^[0-9a-f]{32}$/.test(accessKeyId)) return 'accessKeyId does not look like one of R2 (32 hexadecimal digits).';
  return /^[0-9a-f]{64}$/.test(secretAccessKey)
    ? undefined
    : 'secretAccessKey does not look like one of R2 (64 hexadecimal digits).';
}

async function lookAtConcurrency(region: string): Promise<Finding> {
  const name = 'aws.concurrency';
  const { GetAccountSettingsCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient({ region, maxAttempts: 2 });
  try {
    const { AccountLimit = {} } = await client.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: all = 0, UnreservedConcurrentExecutions: unreserved = all } = AccountLimit;
    const found = `The account runs ${all} functions at a time, ${unreserved} of them unreserved.`;
    const todo = `aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000`;
    return unreserved < fewConcurrent ? warning(name, found, todo) : ok(name, found);
  } catch (error) {
    return skipped(
      name,
      `These credentials may not ask (lambda:GetAccountSettings): ${error instanceof Error ? error.name : 'unknown'}.`,
    );
  } finally {
    client.destroy();
  }
}
