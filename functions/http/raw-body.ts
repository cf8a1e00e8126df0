import { AppError } from '#core/files/errors.ts';
import { sizeInWords } from '#core/files/words.ts';
import type { FormLimits } from './direct-hint.ts';
import { bytesOf, type FormEvent, mimeOf } from './multipart-body.ts';

/**
 * A body that is a file itself, in the contract's media type (`raw`) and of at most `maxBytes`; up to `maxFileBytes` it may
 * go directly. Throws `invalid_file_type` (`details.detected` is what was declared), `file_too_large` with `details.direct`,
 * and `validation_failed` for an empty or damaged body.
 */
export function readRaw(
  body: FormEvent,
  raw: string,
  { maxBytes, maxFileBytes, direct }: { maxBytes: number } & Required<FormLimits>,
): Uint8Array {
  const declared = mimeOf(body.headers['content-type'] ?? '')?.essence;
  if (declared !== raw) {
    throw new AppError('invalid_file_type', `Send the body as ${raw}.`, { details: { detected: declared ?? null } });
  }
  const bytes = bytesOf(body);
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new AppError('file_too_large', `Send at most ${sizeInWords(maxBytes)}, or upload directly.`, {
    details: { maxBytes, direct: { ...direct, maxBytes: maxFileBytes } },
  });
}
