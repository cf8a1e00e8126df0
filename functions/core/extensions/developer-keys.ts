import { randomBytes } from 'node:crypto';
import type { DeveloperKey } from './ports.ts';

/**
 * A new developer key: `sk_<appId>_<32 random bytes, base64url>` (docs/contract.md, "Who calls"). Shown once, never
 * stored.
 */
export function newDeveloperKey(appId: string): string {
  return `sk_${appId}_${randomBytes(32).toString('base64url')}`;
}

/**
 * Where a key stands among the keys of its app, oldest first: when it was made and, of two of one moment, its id; twelve
 * and 24 hexadecimal digits. Sorts as text, and tells what follows a key that is revoked meanwhile.
 */
export function keyCursor({ createdAt, keyId }: Pick<DeveloperKey, 'createdAt' | 'keyId'>): string {
  return Date.parse(createdAt).toString(16).padStart(12, '0') + keyId;
}

export const keyCursorPattern = /^[0-9a-f]{36}$/;
