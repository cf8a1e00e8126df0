/** Where the bytes lie: names and address in the environment, credentials by the right to read one secret. */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import type { StowageConfig } from '../config.ts';
import { allow, type Grant } from './grant.ts';

/** For `r2.names`: names and addresses only, enough to say whether storage is configured. Nothing is set without settings. */
export function grantR2Names(r2: StowageConfig['r2']): Grant {
  if (!r2) return { environment: {}, statements: [] };
  const environment = {
    [envNames.r2Endpoint]: r2.endpoint,
    [envNames.r2Bucket]: r2.bucket,
    ...(r2.publicBucket && { [envNames.r2PublicBucket]: r2.publicBucket }),
    ...(r2.complianceBucket && { [envNames.r2ComplianceBucket]: r2.complianceBucket }),
    ...(r2.publicBaseUrl && { [envNames.publicBaseUrl]: r2.publicBaseUrl }),
  };
  return { environment, statements: [] };
}

/** For `r2`: the names and the right to read the credentials. Without settings such a function answers "not configured". */
export function grantR2(scope: Construct, r2: StowageConfig['r2']): Grant {
  const { environment } = grantR2Names(r2);
  if (!r2) return { environment, statements: [] };
  // Secrets Manager ends an ARN with a dash and six characters nobody knows beforehand; `?` matches exactly one.
  const secret = Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${r2.secretName}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const statements = [allow(['secretsmanager:GetSecretValue'], [secret])];
  // The account's own key lets whoever may read the secret; a key of the customer's must be allowed as well.
  if (r2.secretKeyArn) statements.push(allow(['kms:Decrypt'], [r2.secretKeyArn]));
  return {
    environment: {
      ...environment,
      [envNames.r2SecretId]: r2.secretName,
      [envNames.r2CredentialSeconds]: String(r2.credentialSeconds),
    },
    statements,
  };
}
