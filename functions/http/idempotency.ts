import { createHash } from 'node:crypto';
import { AppError } from '#core/files/errors.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import type { Headers } from './bearer.ts';

/**
 * The claim of an `Idempotency-Key` header, or undefined without one. Scope is the caller and the route, so nobody
 * meets another's key; content is what was uploaded and its fields, not the form's boundary, which a retry may change.
 * Throws `validation_failed` for a key that is too long or not printable.
 */
export function idempotencyOf(
  headers: Headers,
  scope: string[],
  content: { bytes?: Uint8Array; fields: Record<string, unknown> },
): IdempotencyClaim | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new AppError('validation_failed', 'Idempotency-Key takes 1 to 255 printable characters.', {
      details: { issues: [{ path: 'headers.idempotency-key', message: 'not 1 to 255 printable characters' }] },
    });
  }
  const id = createHash('sha256')
    .update(JSON.stringify([...scope, key]))
    .digest('hex');
  const contentHash = createHash('sha256')
    .update(JSON.stringify(content.fields))
    .update(content.bytes ?? '')
    .digest('hex');
  return { id, contentHash };
}
