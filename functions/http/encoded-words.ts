const word = /=\?([\w.:-]+)(?:\*[\w-]*)?\?([bq])\?([^? ]*)\?=/gi;

/** Nothing but encoded words, as mail libraries write a name; anything else only looks like one. */
const onlyWords = /^\s*(?:=\?[\w.*:-]+\?[bq]\?[^? ]*\?=\s*)+$/i;

/**
 * A name in MIME's encoded words (RFC 2047) as the text it means: .NET and mail libraries write file names beyond ASCII
 * so. A text that is none, or that its charset cannot decode, is returned as it came.
 */
export function decodeWords(text: string): string {
  if (!onlyWords.test(text)) return text;
  try {
    // Blanks between words belong to neither of them (RFC 2047, 6.2).
    return [...text.matchAll(word)]
      .map(([, charset, encoding, encoded]) => decode(charset, encoding, encoded))
      .join('');
  } catch {
    return text;
  }
}

function decode(charset: string | undefined, encoding = '', encoded = ''): string {
  const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(encoded, 'base64') : unquote(encoded);
  return new TextDecoder(charset, { fatal: true }).decode(bytes);
}

function unquote(encoded: string): Buffer {
  const raw = encoded.replace(/_/g, ' ');
  const plain = raw.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}
