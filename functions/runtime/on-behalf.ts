import { AppError } from '#core/files/errors.ts';
import type { ServiceCaller, UserCaller } from '#core/identity/callers.ts';

/**
 * Whom a request is for: a user acts for themselves, whatever they name, and the platform for the user it names. Throws
 * `validation_failed` when it names none.
 */
export function userOf(caller: UserCaller | ServiceCaller, userId: string | undefined, part: 'body' | 'query'): string {
  if ('userId' in caller) return caller.userId;
  if (userId !== undefined) return userId;
  const path = `${part}.userId`;
  const message = 'must name the user it is for';
  throw new AppError('validation_failed', `Check ${path}: ${message}`, { details: { issues: [{ path, message }] } });
}
