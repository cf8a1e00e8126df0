/**
 * What Lambda's limit is measured on: the JSON of `{ statusCode, headers, body }`, in which the body is a string and so
 * the JSON of an answer is escaped once more. A name of quotes weighs four times its length there.
 */

/**
 * Bytes of an answer's items in that envelope. Lambda refuses what is above 6,291,556 ("Function.ResponseSizeTooLarge",
 * and then the gateway's bare 500); what is left is for headers and for the rest of the answer.
 */
export const itemsBytes = 5 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Exact weight of a value there, UTF-8 bytes. JSON text has no other characters to escape than quotes and backslashes:
 * controls and halves of surrogate pairs are escapes already. So they are counted, and nothing is escaped to find out.
 */
export function envelopeBytes(value: unknown): number {
  const text = JSON.stringify(value);
  let bytes = Buffer.byteLength(text);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote || code === backslash) bytes += 1;
  }
  return bytes;
}

/**
 * Whether a value fits whatever its characters are: a unit of JSON text is three bytes of UTF-8 at most, or two where it
 * is escaped. Costs the making of the JSON and no look at it, which is enough for every list of ordinary length.
 */
export function surelyFits(value: unknown, bytes: number): boolean {
  return JSON.stringify(value).length * 3 <= bytes;
}
