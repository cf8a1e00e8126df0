/** Form uploads: one file and a few text fields, or a refusal that says what to send instead. */

import { AppError } from '#core/files/errors.ts';
import { cleanFileName } from '#http/file-name.ts';
import { boundaryOf, bytesOf, type FormEvent, refusal } from '#http/multipart-body.ts';
import { type Part, partsOf } from '#http/multipart-parts.ts';

export interface UploadedFile {
  fieldName: string;
  /** Already passed through `cleanFileName`. */
  filename: string;
  /** What the client says the bytes are: a claim, never to be relied on. */
  declaredType: string;
  /** Exactly what was sent: a view into the decoded body, at least one byte. */
  bytes: Uint8Array;
}

export interface MultipartForm {
  /** Only the accepted fields that were sent. */
  fields: Readonly<Record<string, string>>;
  file: UploadedFile;
}

export interface MultipartOptions {
  /** The field that holds the file. */
  fileField: string;
  /** The text fields to keep; others are ignored, but count against the limits. */
  fields: readonly string[];
  maxFileBytes: number;
  /** For each text field, in bytes. */
  maxFieldBytes?: number;
}

/** What a text field may hold unless the endpoint says otherwise: ids and labels are far shorter. */
const defaultMaxFieldBytes = 4096;

/** Text fields beyond the accepted ones that a form may carry, for clients that always send their own. */
const sparePartCount = 16;

/**
 * Reads an uploaded form, whatever bytes the body holds: the promise always settles, with a form or an `AppError`.
 * Throws `file_too_large` (`details.maxBytes`) for a file above `maxFileBytes`, and `validation_failed`
 * (`details.issues`) for everything else that is not one non-empty file and each accepted field at most once.
 */
export async function parseMultipart(event: FormEvent, options: MultipartOptions): Promise<MultipartForm> {
  const boundary = boundaryOf(event.headers);
  const parts = await partsOf(bytesOf(event), boundary, options.fields.length + 1 + sparePartCount);
  // An untouched file input of a browser arrives as a file without a name and without bytes: nothing was chosen.
  const sent = parts.filter((part) => !(part.filename === '' && part.bytes.length === 0));
  const file = theFile(
    sent.filter((part) => part.filename !== undefined),
    options,
  );
  const fields = textFields(
    sent.filter((part) => part.filename === undefined),
    options,
  );
  return { fields, file };
}

function theFile(files: Part[], { fileField, maxFileBytes }: MultipartOptions): UploadedFile {
  const [file, second] = files;
  if (!file) throw refusal(fileField, `Send one file in the form field "${fileField}", with a file name.`);
  if (second) throw refusal(fileField, 'Send one file at a time.');
  if (file.name !== fileField) throw refusal(fileField, `Send the file in the form field "${fileField}".`);
  if (file.bytes.length === 0) throw refusal(fileField, 'Send a file with bytes in it; this one is empty.');
  if (file.bytes.length > maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${maxFileBytes} bytes.`, {
      details: { maxBytes: maxFileBytes },
    });
  }
  return {
    fieldName: file.name,
    filename: cleanFileName(file.filename ?? ''),
    declaredType: file.declaredType,
    bytes: file.bytes,
  };
}

function textFields(parts: Part[], options: MultipartOptions): Record<string, string> {
  const maxBytes = options.maxFieldBytes ?? defaultMaxFieldBytes;
  const fields = new Map<string, string>();
  for (const part of parts) {
    if (part.bytes.length > maxBytes) throw refusal(part.name, `Send at most ${maxBytes} bytes in a text field.`);
    if (part.name === options.fileField)
      throw refusal(part.name, 'Send the file as a file, with a file name, not as text.');
    if (!options.fields.includes(part.name)) continue;
    if (fields.has(part.name)) throw refusal(part.name, `Send "${part.name}" once.`);
    fields.set(part.name, textOf(part));
  }
  // Own properties whatever the names, `__proto__` too.
  return Object.fromEntries(fields);
}

function textOf(part: Part): string {
  const text = decode(part);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what it is for
  if (text === undefined || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
    throw refusal(part.name, `Send "${part.name}" as UTF-8 text without control characters.`);
  }
  return text;
}

function decode({ bytes, charset }: Part): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
