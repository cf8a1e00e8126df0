import { randomBytes } from 'node:crypto';

/**
 * A new developer key: `sk_<appId>_<32 random bytes, base64url>` (docs/contract.md, "Who calls"). Shown once, never
 * stored.
 */
export function newDeveloperKey(appId: string): string {
  return `sk_${appId}_${randomBytes(32).toString('base64url')}`;
}
