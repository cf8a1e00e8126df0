/**
 * S3's XML, both ways: element trees out, the one document this server reads (`Delete`) in. Differs from real R2:
 * control characters leave as numeric references, which XML 1.0 parsers may refuse; ask for `encoding-type=url`.
 */
import { XMLParser } from 'fast-xml-parser';
import { R2Error } from './errors.ts';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** A text for an element's content: escaped, with control characters as numeric references so that keys survive. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold any of them
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  );
}

/** One element: a text is escaped, an array is elements already written. Undefined writes nothing. */
export function element(name: string, content: string | number | boolean | string[] | undefined): string {
  if (content === undefined) return '';
  return `<${name}>${Array.isArray(content) ? content.join('') : escapeXml(String(content))}</${name}>`;
}

/** A whole document in S3's namespace. */
export function xmlDocument(root: string, children: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children.join('')}</${root}>`;
}

/** The error body of every S3 refusal (no namespace, as S3 has it). */
export function errorXml(error: { code: string; message: string; resource: string; requestId: string }): string {
  const { code, message, resource, requestId } = error;
  return `<?xml version="1.0" encoding="UTF-8"?>${element('Error', [
    element('Code', code),
    element('Message', message),
    element('Resource', resource),
    element('RequestId', requestId),
  ])}`;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  // Keys may look like numbers and may begin or end with spaces.
  parseTagValue: false,
  trimValues: false,
  // Clients write CR and LF in keys as numeric references.
  htmlEntities: true,
  isArray: (name) => name === 'Object' || name === 'Part',
});

export interface NamedPart {
  number: number;
  /** Hex, without quotes. */
  etag: string;
}

/** Reads the body of CompleteMultipartUpload. Throws MalformedXML unless it names 1 to 10,000 parts. */
export function parseComplete(body: string): NamedPart[] {
  const parts = child(child(parse(body), 'CompleteMultipartUpload'), 'Part');
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > 10_000) throw malformed();
  return parts.map((part: unknown) => {
    const [number, etag] = [child(part, 'PartNumber'), child(part, 'ETag')];
    if (typeof number !== 'string' || !/^\d{1,5}$/.test(number) || typeof etag !== 'string') throw malformed();
    return { number: Number(number), etag: etag.replaceAll('"', '') };
  });
}

const malformed = () => new R2Error('MalformedXML', 'The XML you provided was not well formed or did not validate.');

function parse(body: string): unknown {
  try {
    return parser.parse(body);
  } catch {
    throw malformed();
  }
}

/** Reads the body of DeleteObjects. Throws MalformedXML unless it names 1 to 1000 keys; a version is NotImplemented. */
export function parseDelete(body: string): { keys: string[]; quiet: boolean } {
  const request = child(parse(body), 'Delete');
  const objects = child(request, 'Object');
  if (!Array.isArray(objects) || objects.length === 0 || objects.length > 1000) throw malformed();
  const keys = objects.map((object: unknown) => {
    const key = child(object, 'Key');
    if (typeof key !== 'string' || key === '') throw malformed();
    for (const condition of ['VersionId', 'ETag', 'LastModifiedTime', 'Size']) {
      if (child(object, condition) !== undefined) {
        throw new R2Error('NotImplemented', `${condition} in DeleteObjects is not implemented.`);
      }
    }
    return key;
  });
  return { keys, quiet: child(request, 'Quiet') === 'true' };
}

function child(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined;
}
