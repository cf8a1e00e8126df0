/** Form uploads: one file and a few text fields, or a refusal that says what to send instead. */

import { cleanFileName } from '#contracts/file-name.ts';
import { AppError } from '#core/files/errors.ts';
import { sizeInWords } from '#core/files/words.ts';
import { boundaryOf, bytesOf, type FormEvent, refusal } from './multipart-body.ts';
import { framesOf } from './multipart-frame.ts';
import { type Part, readHead } from './multipart-head.ts';
import { type Parsed, parse, unreadable } from './multipart-parser.ts';

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
 * First the frame is checked, then the parser reads the parts that were asked for, then both must have read the same.
 * Throws `file_too_large` (`details.maxBytes`) for a file above `maxFileBytes`, and `validation_failed`
 * (`details.issues`) for everything else that is not one non-empty file and each accepted field at most once.
 */
export async function parseMultipart(event: FormEvent, options: MultipartOptions): Promise<MultipartForm> {
  const boundary = boundaryOf(event.headers);
  const frames = framesOf(bytesOf(event), boundary, options.fields.length + 1 + sparePartCount);
  // An untouched file input of a browser arrives as a file without a name and without bytes: nothing was chosen.
  const sent = frames.map(readHead).filter(({ filename, content }) => !(filename === '' && content.length === 0));
  const file = theFile(sent, options);
  // FilePond announces each file by a text of the file's own name that holds its metadata, `{}` for most.
  const texts = theTexts(
    sent.filter(({ name, filename }) => filename === undefined && name !== options.fileField),
    options,
  );
  const parsed = await parse([file, ...texts.map(({ part }) => part)], boundary);
  const names = [file.name, ...texts.map(({ part }) => part.name)];
  const same = isSameFile(parsed[file.name], file) && texts.every(({ part, text }) => parsed[part.name] === text);
  if (!same || Object.keys(parsed).length !== names.length) throw unreadable();
  return {
    // Own properties whatever the names, `__proto__` too.
    fields: Object.fromEntries(texts.map(({ part, text }) => [part.name, text])),
    file: {
      fieldName: file.name,
      filename: cleanFileName(file.filename ?? ''),
      declaredType: file.declaredType,
      bytes: file.content,
    },
  };
}

/** The parser's copy is compared and dropped; what is handed out is a view of the body. */
function isSameFile(parsed: Parsed | Parsed[] | undefined, file: Part): boolean {
  return typeof parsed === 'object' && !Array.isArray(parsed) && parsed.content.equals(file.content);
}

function theFile(sent: Part[], { fileField, maxFileBytes }: MultipartOptions): Part {
  const [file, second] = sent.filter(({ filename }) => filename !== undefined);
  if (!file && sent.some(({ name }) => name === fileField)) {
    throw refusal(fileField, 'Send the file as a file, with a file name, not as text.');
  }
  if (!file) throw refusal(fileField, `Send one file in the form field "${fileField}", with a file name.`);
  if (second) throw refusal(fileField, 'Send one file at a time.');
  if (file.name !== fileField) throw refusal(fileField, `Send the file in the form field "${fileField}".`);
  if (file.content.length === 0) throw refusal(fileField, 'Send a file with bytes in it; this one is empty.');
  if (file.content.length > maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${sizeInWords(maxFileBytes)}.`, {
      details: { maxBytes: maxFileBytes },
    });
  }
  return file;
}

/** The accepted text fields, each a part that the parser reads as UTF-8. */
function theTexts(parts: Part[], options: MultipartOptions): { part: Part; text: string }[] {
  const maxBytes = options.maxFieldBytes ?? defaultMaxFieldBytes;
  const texts = new Map<string, { part: Part; text: string }>();
  for (const part of parts) {
    const { name, content } = part;
    if (content.length > maxBytes) throw refusal(name, `Send at most ${maxBytes} bytes in a text field.`);
    if (!options.fields.includes(name)) continue;
    if (texts.has(name)) throw refusal(name, `Send "${name}" once.`);
    const text = textOf(part);
    texts.set(name, { part: inUtf8(part, text), text });
  }
  return [...texts.values()];
}

/** The same field in the one charset that both readers know alike, and without a byte order mark. */
function inUtf8(part: Part, text: string): Part {
  const content = Buffer.from(text);
  if (content.equals(part.content)) return part;
  const head = `Content-Disposition: form-data; name="${part.name}"`;
  return { ...part, head, content, whole: Buffer.concat([Buffer.from(`${head}\r\n\r\n`), content]) };
}

function textOf(part: Part): string {
  const text = decode(part);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what it is for
  if (text === undefined || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
    throw refusal(part.name, `Send "${part.name}" as UTF-8 text without control characters.`);
  }
  return text;
}

function decode({ content, charset }: Part): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
