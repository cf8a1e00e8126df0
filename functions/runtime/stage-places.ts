import { env, isStorageConfigured, required } from './env.ts';
import { envNames } from './env-names.ts';

/** Where this stage was told that its issuer and its buckets are. No secret: the secret's name, at most. */
export function placesOfStage() {
  const tokens = {
    issuer: required(envNames.tokenIssuer),
    audience: required(envNames.tokenAudience),
    jwksUrl: required(envNames.jwksUrl),
  };
  if (!isStorageConfigured()) return { tokens };
  const r2 = {
    endpoint: required(envNames.r2Endpoint),
    secretName: required(envNames.r2SecretId),
    bucket: required(envNames.r2Bucket),
    publicBucket: env()[envNames.r2PublicBucket] ?? null,
    complianceBucket: env()[envNames.r2ComplianceBucket] ?? null,
    publicBaseUrl: env()[envNames.publicBaseUrl] ?? null,
  };
  return { tokens, r2 };
}
