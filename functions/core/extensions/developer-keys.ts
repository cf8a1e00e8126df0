import { randomBytes } from 'node:crypto';

/** A new developer key: `sk_<appId>_<32 random bytes, base64url>` (contract, section 1). Shown once, never stored. */
export function newDeveloperKey(appId: string): string {
  return `sk_${appId}_${randomBytes(32).toString('base64url')}`;
}
