/** From the gateway's event to the bytes of a form and the boundary that divides them. */

import { MIMEType } from 'node:util';
import { AppError } from '#core/files/errors.ts';

/** The part of a gateway event that a form lies in. */
export interface FormEvent {
  headers: Record<string, string | undefined>;
  body?: string;
  isBase64Encoded?: boolean;
}

/**
 * A 400 that names the place at fault: a form field, `content-type` or `body`. Carries no cause on purpose, since
 * what broke is the caller's body, and bodies do not belong in logs.
 */
export function refusal(path: string, message: string): AppError {
  return new AppError('validation_failed', message, { details: { issues: [{ path, message }] } });
}

/**
 * The boundary a form declares, unquoted, whatever the order and spacing of the parameters: .NET quotes it, Dart and
 * Apache HttpClient use `.`, `_` and `+`. Throws `validation_failed` when the body is no form or the boundary breaks RFC 2046, 5.1.1.
 */
export function boundaryOf(headers: FormEvent['headers']): string {
  const mime = mimeOf(headers['content-type'] ?? headers['Content-Type'] ?? '');
  if (mime?.essence !== 'multipart/form-data') {
    throw refusal('content-type', 'Send the file as a form: content-type multipart/form-data with a boundary.');
  }
  const boundary = mime.params.get('boundary') ?? '';
  if (!/^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/.test(boundary)) {
    throw refusal(
      'content-type',
      'Give multipart/form-data a boundary of 1 to 70 characters, as RFC 2046 allows them.',
    );
  }
  return boundary;
}

/** A media type and its parameters, or undefined when the text is none: whatever a client declares is only a claim. */
export function mimeOf(text: string): MIMEType | undefined {
  try {
    return new MIMEType(text);
  } catch {
    return undefined;
  }
}

/**
 * The bytes of a form, copied once. Throws `validation_failed` when there are none, when the base64 is malformed, or
 * when a body that came as text has lost bytes on the way.
 */
export function bytesOf(event: FormEvent): Buffer {
  const { body } = event;
  if (!body) throw refusal('body', 'Send a form with a file; the body is empty.');
  if (event.isBase64Encoded) return fromBase64(body);
  // A gateway that takes a binary body for text replaces what is not UTF-8, and the file is beyond repair.
  if (!body.isWellFormed() || body.includes('\ufffd')) {
    throw refusal('body', 'Send the form again as binary; the body was damaged by being read as text.');
  }
  return Buffer.from(body, 'utf8');
}

/**
 * Node skips what is not base64 and stops at padding, so every flaw leaves fewer bytes than the text's length says:
 * comparing the two costs nothing, where a pattern over 6 MB of text takes longer than decoding it.
 */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (bytes.length !== (text.length / 4) * 3 - padding) {
    throw refusal('body', 'Send the form again; its base64 is malformed.');
  }
  return bytes;
}
