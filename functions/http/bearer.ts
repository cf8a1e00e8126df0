import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '#core/files/errors.ts';
import { identifierPattern } from '#core/identity/tokens.ts';

/** Headers as API Gateway's HTTP API hands them over: lower-case names, repeated values joined by a comma. */
export type Headers = Record<string, string | undefined>;

export const unauthorized = (message: string) => new AppError('unauthorized', message);

/** The token of `Authorization: Bearer <token>`. Throws `unauthorized`. */
export function bearerToken(headers: Headers): string {
  const match = /^Bearer +([^\s,]+)$/i.exec(headers.authorization ?? '');
  if (match?.[1] === undefined) throw unauthorized('Send "Authorization: Bearer <token>".');
  return match[1];
}

/** 32 random bytes in base64url are always 43 characters, so the app id before them may hold `_` itself. */
const developerKeyPattern = /^sk_(.+)_[A-Za-z0-9_-]{43}$/;

/** The app a developer key says it is for, or undefined when the text is no developer key at all. */
export function developerKeyApp(key: string): string | undefined {
  const appId = key.length > 256 ? undefined : developerKeyPattern.exec(key)?.[1];
  return appId !== undefined && identifierPattern.test(appId) ? appId : undefined;
}

/**
 * What is stored of a developer key. The id is the beginning of the hash, so a key is found by one read and no second
 * index; 256 random bits make neither of them useful for guessing the key.
 */
export function developerKeyHash(key: string): { keyId: string; secretHash: string } {
  const secretHash = createHash('sha256').update(key).digest('hex');
  return { keyId: secretHash.slice(0, 24), secretHash };
}

/** Compares two hex hashes in constant time. */
export function sameHash(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left, 'hex'), Buffer.from(right, 'hex')];
  return a.length === b.length && timingSafeEqual(a, b);
}
